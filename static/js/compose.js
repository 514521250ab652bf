// Compose and the template editor. What the form needs to work at all, it can do without this.
(() => {
  // <button data-insert="influencer.first_name" data-insert-into="id of the text">: puts the variable where the cursor stands.
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-insert]");
    if (!button) return;
    const text = document.getElementById(button.dataset.insertInto);
    text.focus();
    text.setRangeText(`{{ ${button.dataset.insert} }}`, text.selectionStart, text.selectionEnd, "end");
    text.dispatchEvent(new Event("input", { bubbles: true }));
  });

  // What isn't filled in yet, or wrong, keeps nobody from seeing what the rest comes to.
  document.addEventListener("htmx:configRequest", (event) => (event.detail.errors.length = 0));

  const form = document.getElementById("compose");
  if (!form) return;

  // A channel without subjects isn't asked for one, and what was written there before isn't sent along.
  const channel = form.querySelector("#id_channel");
  const subject = form.querySelector("#subject-field");
  const offerSubject = () => {
    subject.hidden = subject.dataset.notFor.split(" ").includes(channel.value);
    subject.querySelector("input").disabled = subject.hidden;
  };
  channel.addEventListener("change", offerSubject);
  offerSubject();

  // A file is read as soon as it is chosen; the page comes again with what was found.
  form.querySelector("#id_contacts").addEventListener("change", (event) => {
    event.stopPropagation();
    if (event.target.files.length) form.requestSubmit(form.querySelector("#read-contacts"));
  });

  // Enter in a field looks, as a pause does; only the button sends.
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches("input:not([type=radio], [type=checkbox])")) return;
    event.preventDefault();
    event.target.dispatchEvent(new Event("change", { bubbles: true }));
  });

  // An answer in the middle of a click would put another button under the pointer, and the click were lost: what then still
  // stands is looked at once more.
  let pressed = false;
  let passedOver = false;
  const release = () => {
    if (passedOver && !form.dataset.sent) form.dispatchEvent(new Event("change"));
    pressed = passedOver = false;
  };
  // Only the main button: where the others open a menu, the browser keeps their release to itself.
  form.addEventListener("pointerdown", (event) => (pressed = event.button === 0));
  for (const end of ["pointerup", "pointercancel"]) window.addEventListener(end, () => setTimeout(release));
  form.addEventListener("htmx:beforeOnLoad", (event) => {
    if (!pressed || event.detail.elt !== form) return;
    event.preventDefault();
    passedOver = true;
  });

  // Add, Remove, Previous and Next write into the form what they would send, and have it looked at. Whatever else is under
  // way at that moment is replaced by the newer request, which says all of it.
  const pick = (id, add) => {
    const picked = form.elements.picked;
    const others = picked.value.split(",").filter((one) => one && one !== id);
    picked.value = (add ? [...others, id] : others).join(",");
  };
  const work = {
    add: (id) => pick(id, true),
    drop: (id) => pick(id, false),
    preview: (number) => {
      form.querySelector("input[name=preview]").value = number;
      form.elements.person_was.value = form.elements.person.value;
    },
  };
  form.addEventListener("click", (event) => {
    const button = event.target.closest("button[name=add], button[name=drop], button[name=preview]");
    if (!button) return;
    event.preventDefault();
    work[button.name](button.value);
    // The button goes away with what it did; here one goes on.
    if (button.name !== "preview") form.elements.find.focus();
    form.dispatchEvent(new Event("change"));
  });
})();
