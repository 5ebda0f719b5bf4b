// A reader who follows a link to something folded finds it open.
(() => {
    function unfold() {
        let target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
        for (; target; target = target.parentElement) {
            if (target.localName === "details") target.open = true;
        }
    }

    unfold();
    window.addEventListener("hashchange", unfold);
})();
