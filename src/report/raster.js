// Spikes of a run on a canvas: drag, keys and buttons look closer; without this script the picture above stays.
(async () => {
  const live = document.getElementById("raster"), coded = document.getElementById("spikes");
  if (!live || typeof DecompressionStream === "undefined") return;
  const meta = JSON.parse(live.dataset.meta), canvas = live.querySelector("canvas"), told = live.querySelector("output");
  const text = atob(coded.textContent), packed = new Uint8Array(text.length);
  for (let k = 0; k < text.length; k++) packed[k] = text.charCodeAt(k);
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  let at = 0;
  const next = () => { let n = 0, factor = 1, b; do { b = bytes[at++]; n += (b & 127) * factor; factor *= 128; } while (b > 127); return n; };
  const rows = [];  // Of each neuron: its group, its number, the steps at which it spiked.
  meta.groups.forEach((group, g) => {
    for (let k = 0; k < group.shown; k++) {
      const times = new Float64Array(next());
      for (let j = 0, t = 0; j < times.length; j++) times[j] = t += next();
      rows.push({ g, id: group.first + k * group.every, times });
    }
  });
  const whole = { t0: 0, t1: Math.max(meta.end, 1), y0: 0, y1: rows.length };
  let view = { ...whole }, drag = null, waiting = false;
  const names = ["blue", "vermillion", "green", "orange", "purple", "sky"];
  const before = (times, t) => { let a = 0, b = times.length; while (a < b) { const m = (a + b) >> 1; if (times[m] < t) a = m + 1; else b = m; } return a; };
  const ticks = (a, b, parts) => {
    const rough = (b - a) / parts, p = 10 ** Math.floor(Math.log10(rough)), step = [1, 2, 5, 10].map((m) => m * p).find((s) => s >= rough);
    const all = []; for (let k = Math.ceil(a / step - 1e-9); k * step <= b * (1 + 1e-12); k++) all.push(k * step);
    return { all, places: Math.max(0, -Math.floor(Math.log10(step) + 1e-9)) };
  };
  let frame = {};
  function draw() {
    waiting = false;
    const scale = window.devicePixelRatio || 1, W = canvas.clientWidth, H = canvas.clientHeight;
    if (!W) return;
    canvas.width = Math.round(W * scale); canvas.height = Math.round(H * scale);
    const css = getComputedStyle(document.documentElement), colour = (name) => css.getPropertyValue("--" + name).trim();
    const c = canvas.getContext("2d"), left = Math.min(96, W * 0.24), right = W - 14, top = 12, bottom = H - 170, low = H - 40, high = bottom + 30;
    frame = { left, right, top, bottom };
    const bw = Math.max(1, Math.round((right - left) * scale)), bh = Math.max(1, Math.round((bottom - top) * scale));
    const image = c.createImageData(bw, bh), px = new Uint32Array(image.data.buffer);
    const word = (hex) => { const n = parseInt(hex.slice(1), 16); return (255 << 24 | (n & 255) << 16 | (n >> 8 & 255) << 8 | n >> 16) >>> 0; };
    const words = names.map((name) => word(colour(name))), { t0, t1, y0, y1 } = view, bins = 120;
    const rates = meta.groups.map(() => ({ n: 0, bins: new Float64Array(bins) }));
    for (let r = Math.floor(y0); r < Math.min(rows.length, Math.ceil(y1)); r++) {
      const { g, times } = rows[r], ink = words[g % words.length], rate = rates[g]; rate.n++;
      const a = Math.max(0, Math.floor((r - y0 + 0.1) / (y1 - y0) * bh)), b = Math.min(bh, Math.max(a + 1, Math.floor((r - y0 + 0.9) / (y1 - y0) * bh)));
      const thick = b - a > 6 * scale ? Math.round(1.5 * scale) : 1;
      for (let k = before(times, t0), end = before(times, t1 + 1e-9); k < end; k++) {
        const share = (times[k] - t0) / (t1 - t0), x = Math.min(bw - thick, Math.floor(share * bw));
        rate.bins[Math.min(bins - 1, Math.floor(share * bins))]++;
        for (let y = a; y < b; y++) for (let w = 0; w < thick; w++) px[y * bw + x + w] = ink;
      }
    }
    c.putImageData(image, Math.round(left * scale), Math.round(top * scale));
    c.scale(scale, scale); c.font = "12px system-ui, sans-serif"; c.lineWidth = 1;
    const line = (x0, yy0, x1, yy1, ink) => { c.strokeStyle = ink; c.beginPath(); c.moveTo(x0, yy0); c.lineTo(x1, yy1); c.stroke(); };
    const write = (s, x, y, align, ink) => { c.fillStyle = ink; c.textAlign = align; c.textBaseline = "middle"; c.fillText(s, x, y); };
    const axis = colour("axis"), muted = colour("muted"), ink = colour("ink"), X = (s) => left + (s - t0) / (t1 - t0) * (right - left);
    line(left, bottom, right, bottom, axis); line(left, low, right, low, axis); line(left, top, left, bottom, axis);
    const unit = t1 * meta.step < 1e-3 ? [1e6, "us"] : t1 * meta.step < 1 ? [1e3, "ms"] : [1, "s"], f = meta.step * unit[0];
    const marks = ticks(t0 * f, t1 * f, Math.max(2, (right - left) / 90));
    marks.all.forEach((v) => { line(X(v / f), low, X(v / f), low + 4, axis); write(v.toFixed(marks.places), X(v / f), low + 13, "center", muted); });
    write(`time [${unit[1]}]`, (left + right) / 2, low + 31, "center", ink);
    let first = 0;
    meta.groups.forEach((group, g) => {
      const a = Math.max(first, y0), b = Math.min(first + group.shown, y1); first += group.shown;
      if (b <= a) return;
      const Y = (r) => top + (r - y0) / (y1 - y0) * (bottom - top), start = first - group.shown, ya = Y(a), yb = Y(b);
      if (start > y0) line(left, ya, right, ya, axis);
      const id = (r) => group.first + (r - start) * group.every;
      if (yb - ya > 30) ticks(id(a), id(b), Math.max(1, (yb - ya) / 40)).all.filter((v) => v % 1 === 0).forEach((v) => {
        const y = Y(start + (v - group.first) / group.every + 0.5);
        if (y > ya && y < yb && Math.abs(y - (ya + yb) / 2) > 12) { line(left - 4, y, left, y, axis); write(String(v), left - 8, y, "right", muted); }
      });
      write(group.name.slice(0, 14), left - 8, (ya + yb) / 2, "right", colour(names[g % names.length]));
    });
    const bin = (t1 - t0) * meta.step / bins, all = rates.map((r) => Array.from(r.bins, (n) => n / Math.max(r.n, 1) / bin)), most = Math.max(1e-9, ...all.flat());
    all.forEach((rate, g) => {
      if (!rates[g].n) return;
      c.strokeStyle = colour(names[g % names.length]); c.lineWidth = 1.4; c.beginPath();
      rate.forEach((v, k) => { const y = low - v / most * (low - high); c.lineTo(left + k / bins * (right - left), y); c.lineTo(left + (k + 1) / bins * (right - left), y); });
      c.stroke();
    });
    write(most >= 1e3 ? (most / 1e3).toPrecision(3) + " kHz" : most.toPrecision(3) + " Hz", left - 8, high, "right", muted);
    write("rate", left - 8, (low + high) / 2, "right", ink);
    if (drag) { c.globalAlpha = 0.18; c.fillStyle = colour("blue"); c.fillRect(Math.min(drag.x, drag.u), Math.min(drag.y, drag.v), Math.abs(drag.u - drag.x), Math.abs(drag.v - drag.y)); c.globalAlpha = 1; }
    live.dataset.frames = 1 + Number(live.dataset.frames || 0);
  }
  const again = () => { if (!waiting) { waiting = true; requestAnimationFrame(draw); } };
  const clamp = (a, b, lo, hi, least) => { const w = Math.min(hi - lo, Math.max(least, b - a)), s = Math.min(hi - w, Math.max(lo, a)); return [s, s + w]; };
  function look(t0, t1, y0, y1) {
    [t0, t1] = clamp(t0, t1, 0, whole.t1, 20); [y0, y1] = clamp(y0, y1, 0, whole.y1, Math.min(2, whole.y1));
    view = { t0, t1, y0, y1 }; again();
  }
  const zoom = (factor, share = 0.5) => { const w = view.t1 - view.t0, mid = view.t0 + share * w; look(mid - share * w * factor, mid + (1 - share) * w * factor, view.y0, view.y1); };
  const move = (dt, dy) => { const w = (view.t1 - view.t0) * dt, h = (view.y1 - view.y0) * dy; look(view.t0 + w, view.t1 + w, view.y0 + h, view.y1 + h); };
  const all = () => look(0, whole.t1, 0, whole.y1);
  const time = (x) => view.t0 + (x - frame.left) / (frame.right - frame.left) * (view.t1 - view.t0);
  const neuron = (y) => view.y0 + (y - frame.top) / (frame.bottom - frame.top) * (view.y1 - view.y0);
  canvas.addEventListener("pointerdown", (e) => { canvas.setPointerCapture(e.pointerId); drag = { x: e.offsetX, y: e.offsetY, u: e.offsetX, v: e.offsetY }; });
  canvas.addEventListener("pointermove", (e) => {
    const r = rows[Math.floor(neuron(e.offsetY))];
    told.textContent = r && e.offsetX > frame.left ? `${meta.groups[r.g].name} ${r.id}, ${(time(e.offsetX) * meta.step * 1e3).toPrecision(6)} ms` : "";
    if (drag) { drag.u = e.offsetX; drag.v = e.offsetY; again(); }
  });
  canvas.addEventListener("pointerup", () => {
    const d = drag; drag = null;
    if (!d) return;
    const [x0, x1, v0, v1] = [Math.min(d.x, d.u), Math.max(d.x, d.u), Math.min(d.y, d.v), Math.max(d.y, d.v)];
    if (x1 - x0 < 5) return again();
    // A flat stroke chooses time alone.
    look(time(x0), time(x1), v1 - v0 < 12 ? view.y0 : neuron(v0), v1 - v0 < 12 ? view.y1 : neuron(v1));
  });
  canvas.addEventListener("pointercancel", () => { drag = null; again(); });
  canvas.addEventListener("dblclick", all);
  canvas.addEventListener("wheel", (e) => { if (e.ctrlKey) { e.preventDefault(); zoom(e.deltaY > 0 ? 1.25 : 0.8, (e.offsetX - frame.left) / (frame.right - frame.left)); } }, { passive: false });
  canvas.addEventListener("keydown", (e) => {
    const keys = { "+": () => zoom(0.5), "=": () => zoom(0.5), "-": () => zoom(2), 0: all, Escape: all, ArrowLeft: () => move(-0.25, 0), ArrowRight: () => move(0.25, 0), ArrowUp: () => move(0, -0.25), ArrowDown: () => move(0, 0.25) };
    if (keys[e.key]) { e.preventDefault(); keys[e.key](); }
  });
  live.querySelectorAll("button").forEach((b) => b.addEventListener("click", { in: () => zoom(0.5), out: () => zoom(2), all }[b.dataset.do]));
  live.parentElement.classList.add("drawn");
  new ResizeObserver(again).observe(canvas);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
  draw();
})();
