// Whoever follows a link to what is folded up finds it open.
(() => {
    function unfold() {
        const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
        if (target && target.localName === "details") target.open = true;
    }

    unfold();
    window.addEventListener("hashchange", unfold);
})();
