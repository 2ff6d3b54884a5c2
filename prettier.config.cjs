/* As OCA's template for 19.0. */
module.exports = {
    bracketSpacing: false,
    printWidth: 100,
    proseWrap: "always",
    semi: true,
    tabWidth: 4,
    trailingComma: "es5",
    xmlWhitespaceSensitivity: "preserve",
    xmlSelfClosingSpace: true,
    plugins: [require.resolve("@prettier/plugin-xml")],
    overrides: [{files: "*.yaml", options: {tabWidth: 2}}],
};
