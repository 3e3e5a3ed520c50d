import { plain } from '../profiles/words.js'

/**
 * What people say around what they look for. None of these is a skill; `go`, `r`, `c` and `it` are not here.
 * They are left out unless nothing else was typed, or they are within a skill that somebody has.
 */
const STOP_WORDS: ReadonlySet<string> = new Set(
  plain(`
    a about all also am an and any anybody anyone are as at be best but by can could do does else experience
    experienced expert experts find for from get good great has have he help helps her him his how i in into is
    knowledge know knows like live lives living looking me my need needs needed of on or our out people person
    please she skilled skills so some somebody someone speaks speaking that the their them there they this to us
    using want wanted we well what when where which who with work worked working works would you your
    der die das und oder mit für von wer kann ein eine einen jemand ich suche hilfe bei im in den dem
    le la les des et ou avec pour qui un une je cherche quelqu'un dans sur du de
    el los las con para que una busco alguien en y o
    кто с в на для и или мне нужен нужна ищу помощь по
  `)
    .trim()
    .split(/\s+/),
)

/** @param word without case and accents */
export function isStopWord(word: string): boolean {
  return STOP_WORDS.has(word.replace(/[?!.,;:]+$/u, ''))
}
