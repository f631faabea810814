// Single keys for a panel: they count while the focus is somewhere in it, and not where text is
// typed. Letters that the panel does not know are kept from the notebook as well, where two of
// them would delete the cell.
function render({ model, el }) {
  const root = `.${model.get("root")}`;
  const typed = "textarea, select, [contenteditable], input:not([type=checkbox]):not([type=radio])";

  function panel() {
    const found = el.closest(root);
    if (found && !found.hasAttribute("data-lm-suppress-shortcuts")) {
      found.setAttribute("data-lm-suppress-shortcuts", "true");
      found.tabIndex = -1; // a click on its text gives it the focus
    }
    return found;
  }

  function pressed(event) {
    const found = panel();
    if (!found || !found.contains(event.target)) return;
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key.length !== 1) return;
    const typing = event.target.closest(typed);
    if (!typing && !event.repeat && model.get("known").includes(event.key.toLowerCase())) {
      model.send({ key: event.key.toLowerCase() });
      event.preventDefault();
    }
    // In the capturing phase, hence only what is no part of the page's own doing is stopped.
    if (!typing && event.key !== " ") event.stopPropagation();
  }

  document.addEventListener("keydown", pressed, true);
  const ready = requestAnimationFrame(panel);
  return () => {
    document.removeEventListener("keydown", pressed, true);
    cancelAnimationFrame(ready);
  };
}

export default { render };
