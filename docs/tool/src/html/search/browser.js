// Cuts what a reader types into words as the tool has cut the pages: `std::sync::RwLock` is three.
elasticlunr.tokenizer.setSeperator(/[^A-Za-z0-9_]+/);
elasticlunr.clearStopWords();
elasticlunr.addStopWords(STOP_WORDS);
// If no section has all the words, the reader gets those with some of them, and not an empty list.
(() => {
    const search = elasticlunr.Index.prototype.search;
    elasticlunr.Index.prototype.search = function (words, options) {
        const found = search.call(this, words, options);
        return found.length > 0 ? found : search.call(this, words, { ...options, bool: "OR" });
    };
})();
window.search = Object.assign(window.search, JSON.parse('INDEX'));
