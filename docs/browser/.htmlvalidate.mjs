// html-validate's recommended rules, and why some of them are off.

export default {
    root: true,
    extends: ["html-validate:recommended"],
    rules: {
        // How a tag is written, not what it means: mdBook's template has <template id=fa-eye>.
        "attr-quotes": "off",
        // mdBook aligns the columns of a table so, and drawings have their size so.
        "no-inline-style": "off",
        // The theme buttons of mdBook's template: no form is around them that they could send.
        "no-implicit-button-type": "off",
        // What is searched for is found while it is typed: nothing is to be sent.
        "wcag/h32": "off",
        // A chapter's title is its task, and the book's name follows it.
        "long-title": "off",
        // ARIA lets a list be named; the rule's stricter reading of HTML is a recommendation.
        "aria-label-misuse": ["error", { allowAnyNamable: true }],
    },
};
