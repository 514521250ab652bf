// One poller a page. <div id="live" data-live-url="…" data-live-seconds="2" data-live-version="…"> asks its address:
//   200  pieces with id and hx-swap-oob, swapped one by one; a <title> among them becomes the tab's title
//   204  nothing has changed since the version that was sent along (header HX-Live-Version, both ways)
//   286, or header "HX-Live: ended", or no #live any more: the end
//   header "HX-Live-Seconds: 2" changes the wait. A page that has just been opened, often to see something begin, asks each
//   second; a hidden tab asks every 15 s
// A piece that holds the focus, an open menu or what is being pressed stays as it is, and comes with a later answer.
(() => {
  const EAGER_MS = 10_000;
  const HIDDEN_SECONDS = 15;
  const LONGEST_RETRY_SECONDS = 30;
  const SPEAK_EVERY_MS = 30_000;
  const ENDED = 286;

  const state = { timer: 0, failures: 0, version: "", skipped: false, spoken: "", spokenAt: 0 };
  const place = () => document.getElementById("live");
  const trouble = () => document.getElementById("live-trouble");

  const waitSeconds = () => {
    const wanted = Number(place().dataset.liveSeconds) || 2;
    if (document.hidden) return Math.max(wanted, HIDDEN_SECONDS);
    return wanted <= 2 && performance.now() < EAGER_MS ? Math.min(wanted, 1) : wanted;
  };

  const schedule = (seconds) => {
    clearTimeout(state.timer);
    if (place()) state.timer = setTimeout(ask, seconds * 1000);
  };

  const end = () => {
    clearTimeout(state.timer);
    place()?.remove();
  };

  // What runs, in the top bar, must not say otherwise for the seconds until its own turn comes.
  const ended = () => {
    const pill = document.getElementById("live-pill");
    if (pill) htmx.trigger(pill, "live-ended");
    end();
  };

  const show = (...parts) => {
    const box = trouble();
    if (!box) return;
    box.replaceChildren(...parts);
    box.hidden = parts.length === 0;
  };

  const link = (words, href) => Object.assign(document.createElement("a"), { textContent: words, href, className: "alert-link ms-1" });

  const nowButton = () => {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: words("now"), className: "btn btn-sm ms-2" });
    button.addEventListener("click", () => ask());
    return button;
  };

  const words = (name, seconds) => (document.body.dataset[`live${name[0].toUpperCase()}${name.slice(1)}`] ?? name).replace("{seconds}", seconds);

  const countDown = (seconds) => {
    clearTimeout(state.timer);
    if (!place()) return;
    const text = document.createElement("span");
    // Only the words change each second, so the button keeps its place and its focus.
    show(text, nowButton());
    const tick = (left) => {
      if (left <= 0) return ask();
      text.textContent = words("lost", left);
      state.timer = setTimeout(tick, 1000, left - 1);
    };
    tick(seconds);
  };

  const refused = (status) => {
    const again = `${document.body.dataset.logInUrl}?next=${encodeURIComponent(location.pathname + location.search)}`;
    clearTimeout(state.timer);
    if (status === 401) return show(words("loggedOut"), link(words("logIn"), again)); // goes on after it: see below
    show(words("noRight"));
    end();
  };

  const speak = () => {
    const words = document.getElementById("live-say")?.textContent.trim() ?? "";
    if (!words || words === state.spoken || Date.now() - state.spokenAt < SPEAK_EVERY_MS) return;
    document.getElementById("live-announcement").textContent = state.spoken = words;
    state.spokenAt = Date.now();
  };

  const take = async (response) => {
    state.failures = 0;
    show();
    const live = place();
    if (response.headers.get("HX-Live-Seconds")) live.dataset.liveSeconds = response.headers.get("HX-Live-Seconds");
    if (response.status !== 204) {
      state.skipped = false;
      htmx.swap(live, await response.text(), { swapStyle: "none" });
      speak();
      // With a piece left out we still hold the older version, so the next answer brings it again.
      if (!state.skipped) state.version = response.headers.get("HX-Live-Version") ?? "";
    }
    if (response.status === ENDED || response.headers.get("HX-Live") === "ended") ended();
    else schedule(waitSeconds());
  };

  async function ask() {
    clearTimeout(state.timer);
    const live = place();
    if (!live) return;
    const headers = { "HX-Request": "true", "HX-Target": "live", "HX-Live-Version": state.version };
    try {
      const response = await fetch(live.dataset.liveUrl, { headers, credentials: "same-origin", cache: "no-store", signal: AbortSignal.timeout(20_000) });
      if ([401, 403, 404].includes(response.status)) return refused(response.status);
      if (!response.ok) throw new Error(`answer ${response.status}`);
      await take(response);
    } catch {
      state.failures += 1;
      countDown(Math.min(2 ** state.failures, LONGEST_RETRY_SECONDS));
    }
  }

  // A press that begins on one element and ends on another that took its place is a click on neither. Only the main button
  // counts: where the others open a menu, the browser keeps their release to itself.
  let pressed = null;
  document.addEventListener("pointerdown", (event) => (pressed = event.button === 0 ? event.target : null), true);
  for (const end of ["pointerup", "pointercancel"]) document.addEventListener(end, () => setTimeout(() => (pressed = null)), true);

  // htmx gives the focus back to an element that has an id and comes again; anything else would lose it.
  const wouldDisturb = (target, fragment) => {
    if (target.contains(pressed)) return true;
    if (target.querySelector("details.menu[open]") || target.matches("details.menu[open]")) return true;
    const focused = document.activeElement;
    if (!target.contains(focused) || focused === document.body) return false;
    if (focused.matches("input, select, textarea")) return true;
    return !focused.id || !fragment.querySelector(`#${CSS.escape(focused.id)}`);
  };

  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    if (!wouldDisturb(event.detail.target, event.detail.fragment)) return;
    event.detail.shouldSwap = false;
    state.skipped = true;
  });

  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && place() && state.failures === 0) ask();
  });

  document.addEventListener("logged-in-again", () => ask());

  document.addEventListener("DOMContentLoaded", () => {
    if (!place()) return;
    state.version = place().dataset.liveVersion;
    schedule(waitSeconds());
  });
})();
