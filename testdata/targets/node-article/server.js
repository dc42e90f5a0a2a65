// The published pattern for idempotent webhooks, as people copy it: SET NX as a
// lock, DEL on error, a version per subject. It looks right and is not; see ../README.md.
const express = require('express');
const Redis = require('ioredis');
const Stripe = require('stripe');

const { PORT = '3000', REDIS_URL = 'redis://127.0.0.1:6379', CHARGE_URL, STRIPE_WEBHOOK_SECRET } = process.env;
const WORK_MS = Number(process.env.WORK_MS || 0); // how long the work takes before it charges

const stripe = new Stripe('sk_test_unused'); // only verifies signatures, never calls Stripe
const redis = new Redis(REDIS_URL);
const app = express();

app.get('/healthz', (req, res) => res.send('ok'));

app.post('/webhooks/stripe', express.raw({ type: '*/*', limit: '1mb' }), async (req, res) => {
  let event;
  try {
    event = stripe.webhooks.constructEvent(req.body, req.get('stripe-signature'), STRIPE_WEBHOOK_SECRET);
  } catch (err) {
    return res.status(400).json({ error: 'invalid signature' });
  }

  const lockKey = `webhook_lock:${event.id}`;
  const acquired = await redis.set(lockKey, 'processing', 'EX', 60, 'NX');
  if (!acquired) return res.json({ status: 'ignored' });

  try {
    if (await isOutdated(event)) return res.json({ status: 'discarded' });
    await charge(event);
    res.json({ status: 'success' });
  } catch (err) {
    await redis.del(lockKey);
    res.status(500).json({ error: 'processing failed' });
  }
});

// Keeps the newest version of each object and says whether the event is older than that.
async function isOutdated(event) {
  const versionKey = `webhook_version:${event.data.object.id}`;
  const stored = await redis.get(versionKey);
  if (stored && Number(stored) > event.created) return true;
  await redis.set(versionKey, event.created);
  return false;
}

// The effect: one call to the payment service.
async function charge(event) {
  if (WORK_MS > 0) await new Promise((done) => setTimeout(done, WORK_MS));
  const answer = await fetch(CHARGE_URL, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ event_id: event.id, reason: event.type }),
  });
  if (!answer.ok) throw new Error(`the charge was answered ${answer.status}`);
}

const server = app.listen(Number(PORT), '127.0.0.1', (err) => {
  if (err) throw err;
  console.log(`listening on http://127.0.0.1:${server.address().port}/webhooks/stripe`);
});
