// Single keys for a panel: they count while the focus is somewhere in it, and not where text is
// typed. Letters that the panel does not know are kept from the notebook as well, where two of
// them would delete the cell.
function render({ model, el }) {
  const root = `.${model.get("root")}`;
  const typed = "textarea, select, [contenteditable], input:not([type=checkbox]):not([type=radio])";
  let panel = null;
  let inside = false;

  // When what had the focus is put anew, the focus would be lost, and the next keys with it.
  const kept = new MutationObserver(() => {
    if (inside && document.activeElement === document.body) panel.focus({ preventScroll: true });
  });

  function attach() {
    panel = el.closest(root);
    if (!panel) return false;
    panel.setAttribute("data-lm-suppress-shortcuts", "true");
    panel.tabIndex = -1; // a click on its text gives it the focus
    kept.observe(panel, { childList: true, subtree: true });
    return true;
  }

  let waiting = 0;
  function wait() {
    // Until then the element is in no page, or in one that is not complete.
    if (!attach()) waiting = requestAnimationFrame(wait);
  }

  function moved(event) {
    inside = Boolean(panel && panel.contains(event.target));
  }

  function pressed(event) {
    if (!panel || !panel.contains(event.target)) return;
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key.length !== 1 || event.target.closest(typed)) return;
    const key = event.key.toLowerCase();
    const shifted = event.shiftKey && key !== event.key.toUpperCase(); // `?` needs Shift, letters none
    if (!event.repeat && !shifted && model.get("known").includes(key)) {
      model.send({ key });
      event.preventDefault();
    }
    // Space works the controls; of the others the notebook must see none.
    if (event.key !== " ") event.stopPropagation();
  }

  const heard = [["keydown", pressed], ["focusin", moved], ["pointerdown", moved]];
  heard.forEach(([name, act]) => document.addEventListener(name, act, true));
  wait();
  return () => {
    heard.forEach(([name, act]) => document.removeEventListener(name, act, true));
    cancelAnimationFrame(waiting);
    kept.disconnect();
  };
}

export default { render };
