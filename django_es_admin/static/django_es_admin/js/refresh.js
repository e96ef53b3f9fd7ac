/*
    Keeps the figures of a page up to date: fetches the page again every few seconds and takes over
    what changed in the elements marked `data-live`. Elements that stay are kept, not replaced, so
    that focus, selection, scroll positions and opened details stay, too. What has an `id` or a
    `data-key` stays itself, wherever it moves; the rest is paired in its order.
*/
"use strict";

(() => {
    const button = document.getElementById("pause");
    let paused = false;

    // How often is part of what is refreshed: an operation that has ended asks for no more.
    function seconds() {
        return Number(document.querySelector("[data-refresh]")?.dataset.refresh || 0);
    }
    if (!button || !seconds()) {
        return;
    }
    const interval = seconds() * 1000;
    // Nobody is there after so long: a page that nobody reads asks for nothing, and a session that
    // nobody uses ends.
    const idle = Number(document.querySelector("[data-refresh]").dataset.idle || 600) * 1000;
    let resting = false;
    let touched = Date.now();

    function key(node) {
        return node.nodeType === Node.ELEMENT_NODE ? node.id || node.dataset.key || "" : "";
    }

    function takeAttributes(old, fresh) {
        for (const {name} of [...old.attributes]) {
            if (!fresh.hasAttribute(name) && !(name === "open" && old.tagName === "DETAILS")) {
                old.removeAttribute(name);
            }
        }
        for (const {name, value} of fresh.attributes) {
            if (old.getAttribute(name) !== value) {
                old.setAttribute(name, value);
            }
        }
    }

    function nextAlike(node, fresh) {
        while (node && (node.nodeName !== fresh.nodeName || key(node))) {
            node = node.nextSibling;
        }
        return node;
    }

    function takeChildren(old, fresh) {
        const known = new Map([...old.children].filter(key).map((child) => [key(child), child]));
        const stays = new Set();
        let next = old.firstChild;
        for (const child of [...fresh.childNodes]) {
            const name = key(child);
            const found = name ? known.get(name) : nextAlike(next, child);
            if (!found || found.nodeName !== child.nodeName) {
                stays.add(old.insertBefore(child, next));
                continue;
            }
            stays.add(found);
            // What is gone in between is not moved past, which would cost the focus.
            while (next && next !== found && !key(next)) {
                next = next.nextSibling;
            }
            if (found !== next) {
                old.insertBefore(found, next);
            } else {
                next = next.nextSibling;
            }
            take(found, child);
        }
        [...old.childNodes].filter((child) => !stays.has(child)).forEach((child) => child.remove());
    }

    function take(old, fresh) {
        if (old.isEqualNode(fresh)) {
            return;
        }
        if (old.nodeType === Node.ELEMENT_NODE) {
            takeAttributes(old, fresh);
            takeChildren(old, fresh);
        } else {
            old.nodeValue = fresh.nodeValue;
        }
    }

    async function refresh() {
        const response = await fetch(location.href, {
            credentials: "same-origin",
            headers: {"X-Elasticsearch-Refresh": "1"},
        });
        // A redirect leads to the login: the page as it is says more.
        if (!response.ok || response.redirected) {
            return;
        }
        const page = new DOMParser().parseFromString(await response.text(), "text/html");
        const focused = document.activeElement;
        for (const old of document.querySelectorAll("[data-live]")) {
            const fresh = page.getElementById(old.id);
            if (fresh) {
                take(old, fresh);
            }
        }
        // A row that moved has lost it.
        if (focused !== document.activeElement && focused.isConnected) {
            focused.focus({preventScroll: true});
        }
    }

    async function tick() {
        if (!resting && Date.now() - touched >= idle) {
            resting = true;
            label();
        }
        if (!paused && !resting && !document.hidden && seconds()) {
            // A server that is restarted answers the next time.
            await refresh().catch(() => {});
        }
        setTimeout(tick, interval);
    }

    function label() {
        button.textContent = paused || resting ? button.dataset.goOn : button.dataset.pause;
    }

    button.addEventListener("click", () => {
        paused = !(paused || resting);
        resting = false;
        touched = Date.now();
        label();
    });
    for (const name of ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"]) {
        document.addEventListener(name, (event) => {
            if (resting && button.contains(event.target)) {
                // Its click goes on.
                return;
            }
            touched = Date.now();
            if (resting) {
                resting = false;
                label();
            }
        }, {passive: true});
    }
    label();
    button.hidden = false;
    setTimeout(tick, interval);
})();
