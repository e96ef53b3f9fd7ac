/* Lets buttons marked `data-copy` copy the text of the element that they name. */
"use strict";

for (const button of document.querySelectorAll("[data-copy]")) {
    // Browsers offer the clipboard to https and localhost only.
    if (navigator.clipboard) {
        button.hidden = false;
        button.addEventListener("click", async () => {
            const {textContent} = document.getElementById(button.dataset.copy);
            await navigator.clipboard.writeText(textContent);
            button.textContent = button.dataset.copied;
        });
    }
}
