// Answers 202 and works later, from a BullMQ queue. hookonce must not flag it: the job's id is the event's, finished
// jobs are kept for longer than Stripe redelivers, a job whose worker died is worked on again, and the charge is keyed.
const express = require('express');
const Redis = require('ioredis');
const Stripe = require('stripe');
const { Queue, Worker } = require('bullmq');

const { PORT = '3000', REDIS_URL = 'redis://127.0.0.1:6379', CHARGE_URL, STRIPE_WEBHOOK_SECRET } = process.env;
const WORK_MS = Number(process.env.WORK_MS || 0); // how long the work takes before it charges
const RETAIN_S = 8 * 24 * 3600; // Stripe redelivers for three days, and by hand for thirty

const stripe = new Stripe('sk_test_unused'); // only verifies signatures, never calls Stripe

// A request is not left waiting for a Redis that is away: it fails, and is asked to come back.
const queue = new Queue('webhooks', {
  connection: new Redis(REDIS_URL, { maxRetriesPerRequest: 1 }),
  defaultJobOptions: {
    attempts: 100,
    backoff: { type: 'fixed', delay: 100 },
    removeOnComplete: { age: RETAIN_S }, // what is removed is forgotten: its id would be new again
    removeOnFail: false,
  },
});
queue.on('error', (err) => console.error(`queue: ${err.message}`));

const worker = new Worker('webhooks', (job) => charge(job.data), {
  connection: new Redis(REDIS_URL, { maxRetriesPerRequest: null }),
  concurrency: 20,
  lockDuration: 1500, // of a job: who holds it renews it, and whose process died has lost it after this
  stalledInterval: 500,
  maxStalledCount: 1000, // each crash of a worker is one
});
worker.on('error', (err) => console.error(`worker: ${err.message}`));

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
    // One command that adds the job, or finds that it is there: it can be repeated, and of two at once one adds.
    await queue.add('charge', { id: event.id, type: event.type }, { jobId: event.id });
    res.status(202).json({ status: 'accepted' });
  } catch (err) {
    res.status(503).json({ error: 'not accepted' });
  }
});

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
