
'use strict';
(() => {
  const $ = (id) => document.getElementById(id);
  const all = (selector, of = document) => Array.from(of.querySelectorAll(selector));
  const tools = document.querySelector('.tools');
  const groups = all('#findings > .group');
  const findings = all('#findings .finding, #findings .rest li');
  const rows = all('table.rows tbody tr');
  const texts = new Map();
  const text = (e) => {
    if (!texts.has(e)) texts.set(e, e.textContent.toLowerCase());
    return texts.get(e);
  };

  const apply = () => {
    const words = $('filter').value.toLowerCase().split(/\s+/).filter(Boolean);
    const kind = $('code').value;
    const matches = (e, title) => words.every((w) => text(e).includes(w) || title.toLowerCase().includes(w));
    let shown = 0;
    for (const g of groups) {
      const title = g.dataset.title;
      let some = 0;
      for (const e of all('.finding, .rest li', g)) {
        e.hidden = !matches(e, title);
        if (!e.hidden) some++;
      }
      for (const rest of all('.rest', g)) rest.hidden = all('li', rest).every((e) => e.hidden);
      g.hidden = (kind !== '' && title !== kind) || ((words.length > 0) && some === 0);
      if (!g.hidden) shown += some;
    }
    const code = kind.split(',')[0];
    for (const tr of rows) tr.hidden = !matches(tr, '') || (code !== '' && !text(tr).includes(code.toLowerCase()));
    document.querySelector('.none').hidden = shown > 0 || groups.length === 0;
    $('count').textContent = words.length || kind ? `${shown} of ${findings.length} findings shown` : '';
  };

  let zoom = 1;
  const setZoom = (z) => {
    zoom = Math.min(16, Math.max(1, z));
    for (const s of all('.view > svg')) s.style.width = `${zoom * 100}%`;
    $('fit').textContent = `${zoom * 100} %`;
  };

  const openAll = (open) => {
    for (const d of all('#findings .finding')) if (!d.hidden) d.open = open;
  };

  const copyButtons = () => {
    if (!navigator.clipboard) return;
    for (const pre of all('pre.command')) {
      const command = pre.textContent;
      const b = document.createElement('button');
      b.type = 'button';
      b.textContent = 'Copy';
      b.addEventListener('click', () => navigator.clipboard.writeText(command).then(() => { b.textContent = 'Copied'; }));
      pre.append(b);
    }
  };

  $('filter').addEventListener('input', apply);
  $('code').addEventListener('input', apply);
  $('open').addEventListener('click', () => openAll(true));
  $('close').addEventListener('click', () => openAll(false));
  $('in').addEventListener('click', () => setZoom(zoom * 2));
  $('out').addEventListener('click', () => setZoom(zoom / 2));
  $('fit').addEventListener('click', () => setZoom(1));
  document.addEventListener('keydown', (e) => {
    if (e.key !== '/' || e.ctrlKey || e.metaKey || e.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(e.target.tagName)) return;
    e.preventDefault();
    $('filter').focus();
  });
  tools.hidden = findings.length === 0 && rows.length === 0;
  copyButtons();
})();
