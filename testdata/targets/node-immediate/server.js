// Check, one turn of the event loop, act: the narrowest window a handler in Node can have. It answers
// the count that testdata/bench/race asks for.
'use strict';
const http = require('node:http');
const http2 = require('node:http2');

let seen = new Map();
let acted = new Map();
const more = (map, id) => map.set(id, (map.get(id) || 0) + 1);

function take(id, done) {
  more(seen, id);
  if (acted.has(id)) return done();
  setImmediate(() => {
    more(acted, id);
    done();
  });
}

function tally() {
  let events = 0;
  let doubled = 0;
  for (const [id, n] of seen) {
    if (n > 1) events++;
    if (acted.get(id) > 1) doubled++;
  }
  seen = new Map();
  acted = new Map();
  return JSON.stringify({ events, doubled });
}

function handle(req, res) {
  if (req.method === 'GET') return res.end(tally());
  let body = '';
  req.on('data', (part) => { body += part; });
  req.on('end', () => take(body, () => res.end()));
}

process.stdin.on('end', () => process.exit(0)).resume();
const server = http.createServer(handle);
const single = http2.createServer(handle); // the same in HTTP/2, on a port of its own
const address = (s) => `http://127.0.0.1:${s.address().port}`;
server.listen(Number(process.env.PORT || 0), '127.0.0.1', () => {
  single.listen(0, '127.0.0.1', () => console.log(`${address(server)} ${address(single)}`));
});
