// Asks the YAML language server, which editors use, what it says of a file and what it would complete there.
// usage: node editor.mjs FILE [LINE:COLUMN ...], both from 0; prints {"diagnostics": [...], "completions": [[...], ...]}.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const [file, ...places] = process.argv.slice(2);
const uri = pathToFileURL(resolve(file)).href;
const server = spawn(process.execPath, [join(dirname(fileURLToPath(import.meta.url)), 'node_modules/yaml-language-server/bin/yaml-language-server'), '--stdio'],
  { stdio: ['pipe', 'pipe', 'inherit'] });
const answers = new Map(); // by the request's id
let told; // resolves with the diagnostics
const diagnostics = new Promise((done) => { told = done; });

function send(message) {
  const text = Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...message }));
  server.stdin.write(`Content-Length: ${text.length}\r\n\r\n`);
  server.stdin.write(text);
}

function request(id, method, params) {
  const answer = new Promise((done) => answers.set(id, done));
  send({ id, method, params });
  return answer;
}

function received(message) {
  if (message.method === 'textDocument/publishDiagnostics' && message.params.uri === uri) told(message.params.diagnostics);
  else if (message.method === 'workspace/configuration') send({ id: message.id, result: message.params.items.map(() => settings) });
  else if (message.method && message.id !== undefined) send({ id: message.id, result: null });
  else answers.get(message.id)?.(message.result);
}

// Nothing is fetched: the schema is the one that the file names.
const settings = { validate: true, completion: true, schemaStore: { enable: false } };

let buffer = Buffer.alloc(0);
server.stdout.on('data', (chunk) => {
  buffer = Buffer.concat([buffer, chunk]);
  for (;;) {
    const head = buffer.indexOf('\r\n\r\n');
    if (head < 0) return;
    const length = Number(/Content-Length: (\d+)/i.exec(buffer.subarray(0, head).toString())[1]);
    if (buffer.length < head + 4 + length) return;
    const message = JSON.parse(buffer.subarray(head + 4, head + 4 + length).toString());
    buffer = buffer.subarray(head + 4 + length);
    received(message);
  }
});

await request(1, 'initialize', { processId: process.pid, rootUri: null, capabilities: { workspace: { configuration: true } } });
send({ method: 'initialized', params: {} });
send({ method: 'workspace/didChangeConfiguration', params: { settings: { yaml: settings } } });
send({ method: 'textDocument/didOpen', params: { textDocument: { uri, languageId: 'yaml', version: 1, text: readFileSync(file, 'utf8') } } });
const completions = [];
for (const [n, place] of places.entries()) {
  const [line, character] = place.split(':').map(Number);
  const list = await request(2 + n, 'textDocument/completion', { textDocument: { uri }, position: { line, character } });
  completions.push((list?.items ?? list ?? []).map((item) => item.label));
}
console.log(JSON.stringify({ diagnostics: (await diagnostics).map((d) => `${d.range.start.line}: ${d.message}`), completions }));
server.kill();
