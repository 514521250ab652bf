// The preview of a template's HTML: what the form holds is posted into the sandboxed frame, whose own policy forbids it all.
(() => {
  const show = () => {
    const preview = document.getElementById("preview");
    const form = document.getElementById("template-form");
    if (!preview?.dataset.htmlUrl || !form) return;
    const carrier = Object.assign(document.createElement("form"), { method: "post", action: preview.dataset.htmlUrl, target: "html-frame", hidden: true });
    for (const [name, value] of new FormData(form)) {
      if (typeof value === "string") carrier.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
    }
    document.body.append(carrier);
    carrier.submit();
    carrier.remove();
  };
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.id === "preview") show();
  });
})();
