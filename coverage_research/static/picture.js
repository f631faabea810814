// An image whose marks can be clicked. A click says which; the list below the image does the same
// for those who use keys, so the spots stay out of the order of the Tab key.
function render({ model, el }) {
  const frame = document.createElement("div");
  const image = document.createElement("img");
  frame.className = "coverage-picture";
  frame.append(image);
  el.append(frame);

  function choose() {
    for (const spot of frame.querySelectorAll("button")) {
      spot.toggleAttribute("data-chosen", Number(spot.dataset.place) === model.get("chosen"));
    }
  }

  function draw() {
    image.src = model.get("source");
    image.alt = model.get("alt");
    frame.hidden = !model.get("source");
    frame.querySelectorAll("button").forEach((old) => old.remove());
    model.get("spots").forEach(([left, top, width, height, told], place) => {
      const spot = document.createElement("button");
      spot.type = "button";
      spot.tabIndex = -1;
      spot.dataset.place = place;
      spot.title = told;
      spot.setAttribute("aria-label", told);
      Object.assign(spot.style, {
        left: `${left}%`, top: `${top}%`, width: `${width}%`, height: `${height}%`,
      });
      spot.addEventListener("click", () => {
        model.set("chosen", place);
        model.save_changes();
      });
      frame.append(spot);
    });
    choose();
  }

  // What changes together comes in one message and is drawn once.
  let due = false;
  function changed() {
    if (!due) queueMicrotask(() => { due = false; draw(); });
    due = true;
  }

  const shown = ["source", "alt", "spots"];
  shown.forEach((name) => model.on(`change:${name}`, changed));
  model.on("change:chosen", choose);
  draw();
  return () => {
    shown.forEach((name) => model.off(`change:${name}`, changed));
    model.off("change:chosen", choose);
  };
}

export default { render };
