// Writes the numbering plan that Loyalty.Core embeds, from the metadata in the npm package google-libphonenumber.
//
//   node generate.mjs FILE                   fetches the pinned package with npm into a temporary folder
//   node generate.mjs FILE --package FOLDER  uses an unpacked package
//
// FILE receives the brotli-compressed table; FILE.txt beside it is not written unless --text is given.
// The table is text, so that a change of the plan can be reviewed: one line per region, sorted by calling code, then by the package's
// order of regions within a code (the first one is the main region). Columns, separated by tabs:
//   region, calling code, national-prefix-for-parsing regex, its transform rule, leading digits regex, IDD regex,
//   general pattern, its lengths, local-only lengths,
//   then pattern and lengths of: premium, toll free, shared cost, VoIP, personal, pager, UAN, voicemail, fixed, mobile.
// Lengths are ranges ("6-8,10"); "*" means those of the general pattern. "=" as mobile pattern means that it is the fixed one.
// Trailing empty columns are dropped.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";

const VERSION = "3.2.47";
const BUNDLE_SHA256 = "a92c43a7239617eda138cef4561e2afaa2c5c86f5a0588a43947f6a54d0b87d1";
const TYPES = [5, 4, 6, 8, 7, 21, 25, 28, 2, 3];
const [GENERAL, ID, CODE, IDD, PREFIX, TRANSFORM, SAME, LEADING] = [1, 9, 10, 11, 15, 16, 18, 23];
const [PATTERN, LENGTHS, LOCAL] = [2, 9, 10];

function fetchPackage(folder) {
    execFileSync("npm", ["pack", `google-libphonenumber@${VERSION}`, "--silent"], { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
    execFileSync("tar", ["xzf", `google-libphonenumber-${VERSION}.tgz`], { cwd: folder });
    return join(folder, "package");
}

function ranges(lengths) {
    const parts = [];
    for (let i = 0; i < lengths.length; i++) {
        const first = lengths[i];
        while (i + 1 < lengths.length && lengths[i + 1] === lengths[i] + 1) i++;
        parts.push(first === lengths[i] ? `${first}` : `${first}-${lengths[i]}`);
    }
    return parts.join(",");
}

function row(region) {
    const general = region[GENERAL];
    const cells = [region[ID], region[CODE], region[PREFIX] ?? "", region[TRANSFORM] ?? "", region[LEADING] ?? "", region[IDD] ?? "",
        general[PATTERN], ranges(general[LENGTHS]), ranges(general[LOCAL] ?? [])];
    for (const type of TYPES) {
        const desc = region[type];
        const lengths = desc?.[LENGTHS];
        if (type === 3 && region[SAME]) cells.push("=", "");
        else if (!desc?.[PATTERN] || lengths?.[0] === -1) cells.push("", "");
        else cells.push(desc[PATTERN], lengths ? ranges(lengths) : "*");
    }
    while (cells.at(-1) === "") cells.pop();
    return cells.join("\t");
}

function table(folder) {
    const bundle = join(folder, "dist", "libphonenumber.js");
    const digest = createHash("sha256").update(readFileSync(bundle)).digest("hex");
    if (digest !== BUNDLE_SHA256) throw new Error(`${bundle}: sha256 ${digest}, expected ${BUNDLE_SHA256} (google-libphonenumber ${VERSION}).`);
    const { metadata } = createRequire(import.meta.url)(bundle);
    const codes = Object.entries(metadata.countryCodeToRegionCodeMap).sort(([a], [b]) => a - b);
    const rows = codes.flatMap(([code, ids]) => ids.map(id => row(metadata.countryToMetadata[id === "001" ? code : id])));
    return rows.join("\n") + "\n";
}

const [file, ...options] = process.argv.slice(2);
if (!file) {
    console.error("usage: node generate.mjs FILE [--package FOLDER] [--text]");
    process.exit(2);
}

const temporary = mkdtempSync(join(tmpdir(), "phone-table-"));
try {
    const at = options.indexOf("--package");
    const text = table(at >= 0 ? resolve(options[at + 1]) : fetchPackage(temporary));
    const packed = brotliCompressSync(Buffer.from(text), {
        params: {
            [constants.BROTLI_PARAM_QUALITY]: 11,
            [constants.BROTLI_PARAM_LGWIN]: 22,
            [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
            [constants.BROTLI_PARAM_SIZE_HINT]: text.length,
        },
    });
    writeFileSync(file, packed);
    if (options.includes("--text")) writeFileSync(`${file}.txt`, text);
    console.log(`${text.split("\n").length - 1} regions, ${text.length} characters, ${packed.length} bytes compressed`);
} finally {
    rmSync(temporary, { recursive: true, force: true });
}
