package report

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	cdp "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// browser starts a headless Chromium; where CI is set there must be one.
func browser(t testing.TB) context.Context {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		if os.Getenv("CI") != "" {
			t.Fatal("the page's tests need chromium")
		}
		t.Skip("the page's tests need chromium: apt-get install chromium")
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.WSURLReadTimeout(time.Minute))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), opts...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Run(ctx); err != nil {
		t.Fatal(err)
	}
	return ctx
}

func do(t testing.TB, ctx context.Context, actions ...chromedp.Action) {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	if err := chromedp.Run(ctx, actions...); err != nil {
		t.Fatal(err)
	}
}

// serve shows pages to the browser by name.
func serve(t testing.TB, pages map[string]string) string {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(pages[strings.TrimPrefix(r.URL.Path, "/")]))
	}))
	t.Cleanup(srv.Close)
	return srv.URL + "/"
}

// poke opens, hovers over and focuses everything, and tells whether a payload ran.
const poke = `document.querySelectorAll('details').forEach((d) => { d.open = true; });
	document.querySelectorAll('*').forEach((e) => { e.dispatchEvent(new PointerEvent('pointerenter')); e.dispatchEvent(new MouseEvent('mouseover')); e.focus && e.focus(); });
	new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(window.pwned === 1), 50)))`

func await(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }

// No payload runs or loads anything with the page's policy switched off: escaping alone must do. And with the
// policy nothing runs even where it stands in the page unescaped.
func TestNoPayloadRuns(t *testing.T) {
	ctx := browser(t)
	const breach = `<script>window.pwned=1</script><img src=x onerror=window.pwned=1><a href="#" onfocus=window.pwned=1>x</a>`
	ours := render(t, HTML, passing().report())
	pages := map[string]string{"breach": strings.Replace(ours, "<main>", "<main>"+breach, 1)}
	for name, text := range payloads() {
		pages[strings.ReplaceAll(name, " ", "-")] = render(t, HTML, hostile(text).report())
	}
	base := serve(t, pages)
	var asked sync.Map
	chromedp.ListenTarget(ctx, func(ev any) {
		switch e := ev.(type) {
		case *network.EventRequestWillBeSent:
			asked.Store(e.Request.URL, true)
		case *cdp.EventJavascriptDialogOpening:
			asked.Store("a dialog: "+e.Message, true)
			go func() { _ = chromedp.Run(ctx, cdp.HandleJavaScriptDialog(false)) }()
		}
	})
	open := func(name string, bypass bool) (ran bool) {
		asked.Clear()
		do(t, ctx, cdp.SetBypassCSP(bypass), chromedp.Navigate(base+name), chromedp.Evaluate(poke, &ran, await))
		return ran
	}
	do(t, ctx, network.Enable())
	for name := range pages {
		if name == "breach" {
			continue
		}
		if open(name, true) {
			t.Errorf("%s ran", name)
		}
		asked.Range(func(url, _ any) bool {
			if url != base+name && url != base+"favicon.ico" {
				t.Errorf("%s asked for %s", name, url)
			}
			return true
		})
	}
	if open("breach", false) {
		t.Error("the policy lets a breach run")
	}
	if !open("breach", true) {
		t.Error("the test does not see what runs")
	}
}

// contrast lists the texts whose colour is too near to what is behind them.
const contrast = `(() => {
	const lum = (c) => { const f = (v) => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; return .2126 * f(c[0]) + .7152 * f(c[1]) + .0722 * f(c[2]); };
	const rgba = (s) => { const m = s.match(/[\d.]+/g).map(Number); return m.length > 3 ? m : [...m, 1]; };
	const behind = (e) => { for (; e; e = e.parentElement) { const c = rgba(getComputedStyle(e).backgroundColor); if (c[3] > 0) return c; } return [255, 255, 255]; };
	const bad = new Set();
	document.querySelectorAll('details').forEach((d) => { d.open = true; });
	const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	for (let n; (n = walk.nextNode());) {
		const e = n.parentElement;
		if (!n.data.trim() || !e.getClientRects().length || ['SCRIPT', 'STYLE', 'OPTION', 'title'].includes(e.tagName)) continue;
		const style = getComputedStyle(e);
		const ink = rgba(e instanceof SVGElement ? style.fill : style.color);
		const [a, b] = [lum(ink), lum(behind(e))].sort((x, y) => y - x);
		const ratio = (a + .05) / (b + .05);
		if (ratio < 4.5) bad.add(e.tagName + '.' + e.getAttribute('class') + ' ' + ratio.toFixed(2) + ' ' + n.data.trim().slice(0, 20));
	}
	return [...bad];
})()`

// unnamed lists controls that a screen reader could not name, and landmarks that are not there.
const unnamed = `(() => {
	const out = [];
	for (const e of document.querySelectorAll('input, select, button, [role=region], [role=group], [role=img], section[aria-labelledby]')) {
		const by = e.getAttribute('aria-labelledby');
		const name = e.getAttribute('aria-label') || (by && document.getElementById(by) && document.getElementById(by).textContent) ||
			(e.labels && e.labels[0] && e.labels[0].textContent) || (e.tagName === 'BUTTON' && e.textContent);
		if (!name || !name.trim()) out.push(e.outerHTML.slice(0, 120));
	}
	for (const one of ['main', 'header', 'nav', 'h1']) if (document.querySelectorAll(one).length !== 1) out.push('not one ' + one);
	const ids = [...document.querySelectorAll('[id]')].map((e) => e.id);
	for (const id of ids) if (ids.filter((x) => x === id).length > 1) out.push('twice: ' + id);
	if (!document.documentElement.lang) out.push('no language');
	return out;
})()`

// The verdict stays one word, however long the headline beside it is.
func TestVerdictIsInOnePiece(t *testing.T) {
	ctx := browser(t)
	base := serve(t, map[string]string{"page": render(t, HTML, failing().report())})
	for _, width := range []int64{700, 1280, 1920} {
		var lines int
		do(t, ctx, emulation.SetDeviceMetricsOverride(width, 800, 1, false), chromedp.Navigate(base+"page"), chromedp.Evaluate(`(() => {
			document.querySelector('h1').textContent = '75 events processed more than once, and other kinds of violation '.repeat(4);
			const text = document.createRange();
			text.selectNodeContents(document.querySelector('.verdict .word'));
			return text.getClientRects().length;
		})()`, &lines))
		if lines != 1 {
			t.Errorf("%d wide: the verdict is in %d pieces", width, lines)
		}
	}
}

// Readable in light and dark, wide and narrow: contrast, names, and what must be seen first.
func TestPageIsAccessible(t *testing.T) {
	ctx := browser(t)
	pages := map[string]string{}
	for _, s := range samples() {
		pages[s.name] = render(t, HTML, s.report())
	}
	base := serve(t, pages)
	for _, scheme := range []string{"light", "dark"} {
		do(t, ctx, emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}))
		for name := range pages {
			for _, size := range [][2]int64{{1280, 720}, {400, 800}} {
				where := fmt.Sprintf("%s, %s, %d wide", name, scheme, size[0])
				var low, nameless []string
				var overflow, first float64
				do(t, ctx, emulation.SetDeviceMetricsOverride(size[0], size[1], 1, false), chromedp.Navigate(base+name),
					chromedp.Evaluate(`Math.max(...[...document.querySelectorAll('.verdict .word, h1, .worst h2, .worst .message, .worst li:first-child')].map((e) => e.getBoundingClientRect().bottom))`, &first),
					chromedp.Evaluate(contrast, &low), chromedp.Evaluate(unnamed, &nameless),
					chromedp.Evaluate(`document.documentElement.scrollWidth - innerWidth`, &overflow))
				if len(low) > 0 {
					t.Errorf("%s: too little contrast: %q", where, low)
				}
				if len(nameless) > 0 {
					t.Errorf("%s: %q", where, nameless)
				}
				if overflow > 0 {
					t.Errorf("%s: %g pixels too wide", where, overflow)
				}
				if first > float64(size[1]) && name != "hostile" {
					t.Errorf("%s: the verdict and the worst finding end at %g pixels", where, first)
				}
			}
		}
	}
}

// On paper a run with hundreds of findings takes a few pages, says what it left out, and no table is cut at the right.
func TestPrinted(t *testing.T) {
	ctx := browser(t)
	base := serve(t, map[string]string{"vast": render(t, HTML, vast(1))})
	var pdf []byte
	var wide []string
	do(t, ctx, chromedp.Navigate(base+"vast"), chromedp.ActionFunc(func(ctx context.Context) (err error) {
		pdf, _, err = cdp.PrintToPDF().Do(ctx)
		return err
	}), emulation.SetEmulatedMedia().WithMedia("print"), emulation.SetDeviceMetricsOverride(720, 1000, 1, false),
		chromedp.Evaluate(`[...document.querySelectorAll('table')].filter((t) => t.getBoundingClientRect().right > innerWidth).map((t) => t.className)`, &wide))
	if n := bytes.Count(pdf, []byte("/Type /Page\n")); n < 2 || n > 20 {
		t.Errorf("%d pages", n)
	}
	if len(wide) > 0 {
		t.Errorf("wider than the paper: %q", wide)
	}
}

// input is what typing into a control does.
func input(id, text string) string {
	return fmt.Sprintf("{ const e = document.getElementById(%q); e.value = %q; e.dispatchEvent(new Event('input')); }", id, text)
}

// The script only adds: filter, kind, opening and zoom.
func TestPageScript(t *testing.T) {
	ctx := browser(t)
	base := serve(t, map[string]string{"fail": render(t, HTML, failing().report())})
	var total, shown, rows, all int
	var focused, count, width string
	const visible = `[...document.querySelectorAll('#findings .finding')].filter((e) => e.getClientRects().length).length`
	do(t, ctx, chromedp.Navigate(base+"fail"), chromedp.Evaluate(visible, &all),
		chromedp.KeyEvent("/"), chromedp.Evaluate(`document.activeElement.id`, &focused),
		chromedp.Evaluate(input("filter", "LOST_0001"), nil), chromedp.Evaluate(visible, &shown), chromedp.Text("#count", &count),
		chromedp.Evaluate(`document.querySelectorAll("details").forEach((d)=>{d.open=true}); [...document.querySelectorAll('table.rows tbody tr')].filter((e) => e.getClientRects().length).length`, &rows))
	equal(t, "findings", all, 9)
	equal(t, "findings that match", shown, 1)
	equal(t, "events that match", rows, 1)
	if focused != "filter" || count != "1 of 9 findings shown" {
		t.Errorf("focus on %q, %q", focused, count)
	}
	do(t, ctx, chromedp.Evaluate(input("filter", ""), nil), chromedp.Evaluate(input("code", "double-processing, concurrent"), nil), chromedp.Evaluate(visible, &shown),
		chromedp.Click("#open"), chromedp.Evaluate(`document.querySelectorAll('#findings .finding[open]').length`, &total),
		chromedp.Click("#in"), chromedp.Evaluate(`document.querySelector('.view > svg').style.width`, &width))
	equal(t, "findings of the kind", shown, 5)
	if total < 5 || width != "200%" {
		t.Errorf("%d open, zoomed to %s", total, width)
	}
	do(t, ctx, chromedp.Navigate("about:blank"), emulation.SetScriptExecutionDisabled(true), chromedp.Navigate(base+"fail"))
	var tools, message bool
	do(t, ctx, emulation.SetScriptExecutionDisabled(false), chromedp.Evaluate(`document.querySelector('.tools').hidden`, &tools),
		chromedp.Evaluate(`document.querySelector('.worst .message').getClientRects().length > 0`, &message))
	if !tools || !message {
		t.Errorf("without scripts: tools hidden %v, worst finding shown %v", tools, message)
	}
}

// BenchmarkOpen opens the page of a run with 100,000 attempts: the time until it is drawn, and its weight.
func BenchmarkOpen(b *testing.B) {
	ctx := browser(b)
	var page strings.Builder
	if err := HTML(&page, vast(40)); err != nil {
		b.Fatal(err)
	}
	url := serve(b, map[string]string{"vast": page.String()}) + "vast"
	const drawn = `new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(performance.now()), 0)))`
	for b.Loop() {
		var ms float64
		do(b, ctx, chromedp.Navigate(url), chromedp.Evaluate(drawn, &ms, await))
		b.ReportMetric(ms, "ms/drawn")
	}
	b.ReportMetric(float64(page.Len()), "bytes/page")
}
