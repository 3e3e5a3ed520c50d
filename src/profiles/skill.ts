/** Joiners, soft hyphens, variation selectors: what nobody sees and nobody types twice alike. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu
/** A dash inside a word, as in `scikit-learn`; not those of `C--` or `-O2`. */
const INNER_DASH = /(?<=[\p{L}\p{M}\p{N}])\p{Pd}(?=[\p{L}\p{M}\p{N}])/gu

/**
 * The one form in which skills are compared, on write and on read (CONTRACT §4.10): close to
 * Unicode's toNFKC_Casefold, with white space and inner dashes as `_`, which is how classic
 * clients spell a blank. `Machine Learning`, `machine-learning` and `machine_learning` are one
 * skill; `C`, `C++` and `C#` are three. Empty when nothing visible is left.
 *
 * Down, up and down again folds what one step leaves apart: `ẞ`, `ß` and `SS`; `ı` and `I`.
 */
export function normaliseSkill(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .toUpperCase()
    .toLowerCase()
    .replaceAll('ς', 'σ')
    .replace(INVISIBLE, '')
    .normalize('NFKC')
    .trim()
    .replace(/\s+/gu, '_')
    .replace(INNER_DASH, '_')
}
