// Asks the providers' own libraries whether they accept signed deliveries.
//
// Reads JSON Lines from stdin, one delivery each: {provider, headers, body (base64), secret, public, url, now (ms)}. Writes one
// line for each, in order: {"accepted": true}, or {"accepted": false, "reason": "..."}.
import { createRequire } from 'node:module';
import readline from 'node:readline';

import { verify as verifyGitHub } from '@octokit/webhooks-methods';
import { EventWebhook } from '@sendgrid/eventwebhook';
import '@shopify/shopify-api/adapters/node';
import { ApiVersion, shopifyApi } from '@shopify/shopify-api';
import { WebhooksHelper } from 'square';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import Stripe from 'stripe';
import { Webhook as SvixWebhook } from 'svix';

const require = createRequire(import.meta.url); // these are CommonJS
const { hmacValidator: AdyenValidator } = require('@adyen/api-library');
const { Paddle } = require('@paddle/paddle-node-sdk');
const { verifySlackRequest } = require('@slack/bolt');
const twilio = require('twilio');

const stripe = new Stripe('sk_test_never_used');
const paddle = new Paddle('never-used');

function shopify(secret) {
  return shopifyApi({
    apiKey: 'never-used', apiSecretKey: secret, apiVersion: Object.values(ApiVersion)[0], hostName: 'shop.example',
    scopes: [], isEmbeddedApp: false, logger: { log: () => {} },
  });
}

// Each throws, or returns whether the delivery is accepted.
const verifiers = {
  stripe: ({ headers, text, secret }) => Boolean(stripe.webhooks.constructEvent(text, headers['stripe-signature'], secret)),
  github: ({ headers, text, secret }) => verifyGitHub(secret, text, headers['x-hub-signature-256'] ?? ''),
  shopify: async ({ headers, text, secret }) => {
    const rawRequest = { method: 'POST', url: '/hooks', headers };
    return (await shopify(secret).webhooks.validate({ rawBody: text, rawRequest })).valid;
  },
  twilio: ({ headers, text, secret, url }) =>
    twilio.validateRequest(secret, headers['x-twilio-signature'] ?? '', url, Object.fromEntries(new URLSearchParams(text))),
  slack: ({ headers, text, secret }) => {
    verifySlackRequest({
      signingSecret: secret, body: text,
      headers: { 'x-slack-signature': headers['x-slack-signature'], 'x-slack-request-timestamp': Number(headers['x-slack-request-timestamp']) },
    });
    return true;
  },
  standardwebhooks: ({ headers, text, secret }) => Boolean(new StandardWebhook(secret).verify(text, headers)),
  svix: ({ headers, text, secret }) => Boolean(new SvixWebhook(secret).verify(text, headers)),
  square: ({ headers, text, secret, url }) => WebhooksHelper.verifySignature({
    requestBody: text, signatureHeader: headers['x-square-hmacsha256-signature'] ?? '', signatureKey: secret, notificationUrl: url,
  }),
  paddle: ({ headers, text, secret }) => paddle.webhooks.isSignatureValid(text, secret, headers['paddle-signature'] ?? ''),
  adyen: ({ text, secret, headers }) => !JSON.parse(text).notificationItems
    ? new AdyenValidator().validateHMACSignature(secret, headers.hmacsignature ?? '', text) // platform webhooks
    : JSON.parse(text).notificationItems.every((item) =>
    new AdyenValidator().validateHMAC(item.NotificationRequestItem, secret)),
  sendgrid: ({ headers, body, public: key }) => {
    const w = new EventWebhook();
    return w.verifySignature(w.convertPublicKeyToECDSA(key), body, headers['x-twilio-email-event-webhook-signature'] ?? '',
      headers['x-twilio-email-event-webhook-timestamp'] ?? '');
  },
};

// The libraries' clock shows the time of signing: Paddle tolerates five seconds, and loading them all may take longer.
let now = 0;
const RealDate = Date;
globalThis.Date = class extends RealDate {
  constructor(...args) {
    if (args.length === 0) super(now);
    else super(...args);
  }

  static now() { return now; }
};

async function answer(line) {
  const delivery = JSON.parse(line);
  now = delivery.now;
  const body = Buffer.from(delivery.body, 'base64');
  try {
    const accepted = await verifiers[delivery.provider]({ ...delivery, body, text: body.toString('utf8') });
    return { accepted: accepted === true };
  } catch (error) {
    return { accepted: false, reason: String(error.message ?? error) };
  }
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await answer(line)));
}
