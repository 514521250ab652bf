// A session that has ended while a page was open: the log-in is asked for in a dialog over it, and what was typed stays.
// Other scripts call logInAgain(then). Without JavaScript the log-in page does the same, and brings the form back.
(() => {
  const dialog = document.getElementById("dialog");
  const address = document.body.dataset.logInUrl;
  const { user } = document.body.dataset;
  const PAUSE_MS = 1000;
  let waiting = [];
  let asking = false;
  let typedAt = -PAUSE_MS;

  const fill = (page) => {
    const form = page.querySelector("main form");
    const title = Object.assign(document.createElement("h2"), { id: "dialog-title", className: "dialog-title", tabIndex: -1, textContent: document.body.dataset.liveLoggedOut });
    const hint = Object.assign(document.createElement("p"), { textContent: document.body.dataset.logInHint });
    form.setAttribute("action", address);
    form.removeAttribute("data-once");
    form.elements.next.value = location.pathname;
    form.addEventListener("submit", send);
    dialog.replaceChildren(title, hint, ...page.querySelectorAll("main .alert-danger"), form);
    if (!dialog.open) dialog.showModal();
    form.querySelector("input:not([type=hidden])").focus();
  };

  // Whoever is in the middle of a word would write the rest of it into the log-in.
  document.addEventListener("input", () => (typedAt = performance.now()), true);
  const pause = async () => {
    const left = () => typedAt + PAUSE_MS - performance.now();
    while (left() > 0) await new Promise((on) => setTimeout(on, left()));
  };

  const read = async (response) => new DOMParser().parseFromString(await response.text(), "text/html");

  // What the log-in answered: its form again, words without a form (too many tries), or a page of somebody who is logged in.
  const take = (page) => {
    if (page.querySelector("main form input[name=password]")) return fill(page);
    if (!page.body.dataset.user) return dialog.replaceChildren(...page.querySelector("main").children);
    // This page isn't for anybody else.
    if (page.body.dataset.user !== user) return location.reload();
    const then = waiting;
    dialog.close();
    for (const go of then) go();
  };

  async function send(event) {
    event.preventDefault();
    const body = new URLSearchParams(new FormData(event.target));
    take(await read(await fetch(address, { method: "POST", body, credentials: "same-origin" })));
  }

  window.logInAgain = async (then) => {
    waiting.push(then);
    if (asking || (waiting.length > 1 && dialog.open)) return;
    asking = true;
    try {
      const page = await read(await fetch(address, { credentials: "same-origin", cache: "no-store" }));
      await pause();
      take(page);
    } finally {
      asking = false;
    }
  };

  document.addEventListener("click", (event) => {
    if (!event.target.closest("#live-trouble a")) return;
    event.preventDefault();
    window.logInAgain(() => document.dispatchEvent(new Event("logged-in-again")));
  });

  dialog.addEventListener("close", () => (waiting = []));

  // A log-in, here or in another tab, changes the token that forms carry; the cookie always has the current one.
  const token = () => document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1];
  document.addEventListener("htmx:configRequest", (event) => {
    if (!token()) return;
    event.detail.headers["X-CSRFToken"] = token();
    // Django looks into the form first.
    if (event.detail.formData.has("csrfmiddlewaretoken")) event.detail.formData.set("csrfmiddlewaretoken", token());
  });
  document.addEventListener("submit", (event) => {
    const field = event.target.querySelector("input[name=csrfmiddlewaretoken]");
    if (field && token()) field.value = token();
  });
})();
