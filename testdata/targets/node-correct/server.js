// The same endpoint as node-article, with the lock done right. hookonce must not flag it.
const { randomUUID } = require('node:crypto');
const express = require('express');
const Redis = require('ioredis');
const Stripe = require('stripe');

const { PORT = '3000', REDIS_URL = 'redis://127.0.0.1:6379', CHARGE_URL, STRIPE_WEBHOOK_SECRET } = process.env;
const WORK_MS = Number(process.env.WORK_MS || 0); // how long the work takes before it charges
const LEASE_MS = 15_000; // a crashed owner is taken over after this
const RETAIN_MS = 8 * 24 * 3600_000; // Stripe redelivers for three days, and by hand for thirty

const stripe = new Stripe('sk_test_unused'); // only verifies signatures, never calls Stripe
const redis = new Redis(REDIS_URL, { maxRetriesPerRequest: 2 });

// Every script gives the same answer when the driver sends it again after a lost reply.
redis.defineCommand('claim', { numberOfKeys: 1, lua: `
  local owner = redis.call('GET', KEYS[1])
  if owner == 'done' then return 'done' end
  if owner and owner ~= ARGV[1] then return 'busy' end
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
  return 'mine'` });
redis.defineCommand('renew', { numberOfKeys: 1, lua: `
  return redis.call('GET', KEYS[1]) == ARGV[1] and redis.call('PEXPIRE', KEYS[1], ARGV[2]) or 0` });
redis.defineCommand('release', { numberOfKeys: 1, lua: `
  return redis.call('GET', KEYS[1]) == ARGV[1] and redis.call('DEL', KEYS[1]) or 0` });
// The marker and the subject's version change together; versions have 20 digits, so text order is number order.
redis.defineCommand('complete', { numberOfKeys: 2, lua: `
  local owner = redis.call('GET', KEYS[1])
  if owner ~= ARGV[1] then return owner == 'done' and 1 or 0 end
  local stored = redis.call('GET', KEYS[2])
  if not stored or stored < ARGV[3] then redis.call('SET', KEYS[2], ARGV[3]) end
  redis.call('SET', KEYS[1], 'done', 'PX', ARGV[2])
  return 1` });

const app = express();
app.get('/healthz', (req, res) => res.send('ok'));

app.post('/webhooks/stripe', express.raw({ type: '*/*', limit: '1mb' }), async (req, res) => {
  let event;
  try {
    event = stripe.webhooks.constructEvent(req.body, req.get('stripe-signature'), STRIPE_WEBHOOK_SECRET);
  } catch (err) {
    return res.status(400).json({ error: 'invalid signature' });
  }
  try {
    if (await processOnce(event)) return res.json({ status: 'success' });
    // In flight elsewhere: a 2xx now would be a promise nobody has kept yet.
    res.set('Retry-After', '1').status(503).json({ status: 'busy' });
  } catch (err) {
    res.status(503).json({ error: 'processing failed' }); // Redis or the charge failed: ask to come back
  }
});

// Returns true once the event's effect is known to have happened, false while another delivery works on it.
async function processOnce(event) {
  const key = `webhook:${event.id}`;
  const token = randomUUID();
  const state = await redis.claim(key, token, LEASE_MS);
  if (state !== 'mine') return state === 'done';

  const heartbeat = setInterval(() => redis.renew(key, token, LEASE_MS).catch(() => {}), LEASE_MS / 3);
  try {
    await charge(event);
    const version = String(event.created).padStart(20, '0');
    return (await redis.complete(key, `webhook_version:${event.data.object.id}`, token, RETAIN_MS, version)) === 1;
  } catch (err) {
    await redis.release(key, token);
    throw err;
  } finally {
    clearInterval(heartbeat);
  }
}

// The effect: one call to the payment service, keyed so that the service can tell a repeat.
async function charge(event) {
  if (WORK_MS > 0) await new Promise((done) => setTimeout(done, WORK_MS));
  const answer = await fetch(CHARGE_URL, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'Idempotency-Key': event.id },
    body: JSON.stringify({ event_id: event.id, reason: event.type }),
  });
  if (!answer.ok) throw new Error(`the charge was answered ${answer.status}`);
}

const server = app.listen(Number(PORT), '127.0.0.1', (err) => {
  if (err) throw err;
  console.log(`listening on http://127.0.0.1:${server.address().port}/webhooks/stripe`);
});
