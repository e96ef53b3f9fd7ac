/*
    Keeps the figures of a page up to date: fetches the page again every few seconds and takes over
    what changed in the elements marked `data-live`. Elements that stay are kept, not replaced, so
    that focus, selection, scroll positions and opened details stay, too.
*/
"use strict";

(() => {
    const clock = document.querySelector("[data-refresh]");
    const button = document.getElementById("pause");
    if (!clock || !clock.dataset.refresh || !button) {
        return;
    }
    const interval = Number(clock.dataset.refresh) * 1000;
    // Nobody is there after so long: a page that nobody reads asks for nothing, and a session that
    // nobody uses ends.
    const idle = Number(clock.dataset.idle || 600) * 1000;
    let paused = false;
    let resting = false;
    let touched = Date.now();

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

    function take(old, fresh) {
        if (old.isEqualNode(fresh)) {
            return;
        }
        if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName) {
            old.replaceWith(fresh);
        } else if (old.nodeType === Node.ELEMENT_NODE) {
            takeAttributes(old, fresh);
            const [olds, freshes] = [[...old.childNodes], [...fresh.childNodes]];
            freshes.forEach((child, place) => {
                if (place < olds.length) {
                    take(olds[place], child);
                } else {
                    old.append(child);
                }
            });
            olds.slice(freshes.length).forEach((child) => child.remove());
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
        for (const old of document.querySelectorAll("[data-live]")) {
            const fresh = page.getElementById(old.id);
            if (fresh) {
                take(old, fresh);
            }
        }
    }

    async function tick() {
        if (!resting && Date.now() - touched >= idle) {
            resting = true;
            label();
        }
        const wanted = !paused && !resting && !document.hidden && clock.isConnected && clock.dataset.refresh;
        if (wanted) {
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
