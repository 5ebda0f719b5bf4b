// The book keeps two of mdBook's five themes. A reader who chose another in a different book gets the default.
for (const theme of ["rust", "navy", "ayu"]) {
    if (document.documentElement.classList.contains(theme)) {
        document.getElementById("mdbook-theme-default_theme").click();
    }
    document.getElementById(`mdbook-theme-${theme}`).parentElement.remove();
}
