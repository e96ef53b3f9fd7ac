/*
    Suggests names of products below the search box while somebody types. Without it, the box is
    a box. Follows the "combobox" pattern of the ARIA guide: the focus stays in the box.
*/
"use strict";

(() => {
    const box = document.querySelector("[data-autocomplete]");
    if (!box) {
        return;
    }
    const list = document.createElement("ul");
    list.id = "suggestions";
    list.className = "suggestions";
    list.setAttribute("role", "listbox");
    list.hidden = true;
    box.closest("form").append(list);
    box.setAttribute("role", "combobox");
    box.setAttribute("aria-controls", list.id);
    box.setAttribute("aria-autocomplete", "list");
    box.setAttribute("aria-expanded", "false");

    let timer = 0;
    let request = null;
    let typed = box.value;

    function close() {
        list.hidden = true;
        box.setAttribute("aria-expanded", "false");
        box.removeAttribute("aria-activedescendant");
    }

    function forget() {
        clearTimeout(timer);
        request?.abort();
        close();
    }

    function show(texts) {
        list.replaceChildren(...texts.map((text, place) => {
            const item = document.createElement("li");
            item.id = `suggestion-${place}`;
            item.setAttribute("role", "option");
            item.textContent = text;
            return item;
        }));
        list.hidden = texts.length === 0;
        box.setAttribute("aria-expanded", String(texts.length > 0));
        box.removeAttribute("aria-activedescendant");
    }

    async function ask() {
        request?.abort();
        request = new AbortController();
        try {
            const address = `${box.dataset.autocomplete}?${new URLSearchParams({q: typed})}`;
            const response = await fetch(address, {signal: request.signal});
            show(response.ok ? (await response.json()).suggestions.map(({text}) => text) : []);
        } catch {
            // Another letter was typed meanwhile, or there is no network: the box works without.
        }
    }

    function move(step) {
        const items = [...list.children];
        const old = items.findIndex((item) => item.getAttribute("aria-selected") === "true");
        // One place more than there are items: what was typed.
        const next = (old + 1 + step + items.length + 1) % (items.length + 1) - 1;
        items[old]?.removeAttribute("aria-selected");
        items[next]?.setAttribute("aria-selected", "true");
        if (next < 0) {
            box.removeAttribute("aria-activedescendant");
        } else {
            box.setAttribute("aria-activedescendant", items[next].id);
        }
        box.value = items[next]?.textContent ?? typed;
    }

    box.addEventListener("input", () => {
        typed = box.value;
        clearTimeout(timer);
        if (typed.trim().length < 2) {
            forget();
        } else {
            timer = setTimeout(ask, 150);
        }
    });
    box.addEventListener("keydown", (event) => {
        if (list.hidden) {
            return;
        }
        if (event.key === "ArrowDown" || event.key === "ArrowUp") {
            event.preventDefault();
            move(event.key === "ArrowDown" ? 1 : -1);
        } else if (event.key === "Escape") {
            event.preventDefault();
            box.value = typed;
            forget();
        }
    });
    // Before the box loses the focus, or the list would be gone.
    list.addEventListener("mousedown", (event) => {
        event.preventDefault();
        const item = event.target.closest("li");
        if (item) {
            box.value = item.textContent;
            box.form.requestSubmit();
        }
    });
    box.addEventListener("blur", forget);
})();
