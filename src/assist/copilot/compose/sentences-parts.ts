// What may stand before and behind a whole sentence, and what it makes of the sentence's command. Marks: see read.ts.

/** Beginnings of a request, the words in their place, and what goes behind the command of the rest. */
export const HEADS: readonly (readonly [head: string, instead: string, behind: string])[] = [
  ['{COUNT}(?: (?:total )?number of)?', 'show', ' | wc -l'],
  ['(?:{SHOW} )?sorted(?: list of)?', 'show', ' | sort'],
  ['page through(?: (?:output|contents?) of)?', 'show', ' | less'],
  ['{SHOW} (?:unique|distinct)', 'show', ' | sort -u'],
]

/** Beginnings and endings that belong together, the words in place of the beginning, and the command, in which `$1` is what stands between. */
export const WRAPS: readonly (readonly [head: string, tail: string, instead: string, command: string])[] = [
  ['(?:save|store|assign|put|read)s?', '(?:to|in|into) (?:shell |bash |environment )?variable (?:named |called )?{W}', 'show', '$2!=$(…)'],
  ['(?:save|store|assign|put|read)s?', '(?:to|in|into) {W} variable', 'show', '$2!=$(…)'],
  ['(?:save|write|store|redirect|output|print)s?', '(?:to|in|into) file {W}', 'show', '… > $2'],
  ['(?:save|write|store|redirect)s?', '(?:to|in|into) {X}', 'show', '… > $2'],
] // biome-ignore format: a table

/** Endings of a request. `…` is the command of what stands before, `$1` a thing as a word. */
export const TAILS: readonly (readonly [tail: string, command: string])[] = [
  ['(?:sorted|ordered)? ?(?:from )?(?:least|lowest) (?:frequent|common)?(?: count)? ?(?:first|to (?:most|highest)(?: frequent| common)?(?: count)?)', '… | sort -n'],
  ['(?:sorted|ordered)? ?(?:from )?(?:most|highest) (?:frequent|common)?(?: count)? ?(?:first|to (?:least|lowest)(?: frequent| common)?(?: count)?)', '… | sort -nr'],
  ['(?:save|store|assign|put)s?(?: (?:it|them|output|results?))? (?:to|in|into) (?:shell )?variable (?:named |called )?{W}', '$1!=$(…)'],
  ['(?:save|store|assign|put)s?(?: (?:it|them|output|results?))? (?:to|in|into) {W} variable', '$1!=$(…)'],
  ['(?:append)(?: (?:it|them|output|results?))? to (?:file )?{X}', '… >> $1'],
  ['(?:print|display|show|write)?s?(?: (?:it|them|output))? ?(?:to|on) (?:console|terminal|screen|standard output) and (?:save|write)?s?(?: (?:it|them))? ?(?:to|in|into) (?:file )?{X}', '… | tee $1'],
  ['(?:save|write|store|redirect|output)s?(?: (?:it|them|output|results?|contents?))? (?:to|in|into|as) (?:file )?(?:named |called )?{X}', '… > $1'],
  ['(?:to|into) file (?:named |called )?{X}', '… > $1'],
  ['(?:sort(?:ed)?|ordered)(?: (?:it|them|output|results?|list))? (?:in )?(?:reverse|descending)(?: (?:alphabetical )?order)?', '… | sort -r'],
  ['sort(?:ed)?(?: (?:it|them|output|results?|list))? (?:numerically|by number|in numeric(?:al)? order)(?: in)? (?:reverse|descending)(?: order)?', '… | sort -nr'],
  ['sort(?:ed)?(?: (?:it|them|output|results?|list))? (?:numerically|by number|in numeric(?:al)? order)', '… | sort -n'],
  ['(?:sort(?:ed)?)(?: (?:it|them|output|results?|list))?(?: alphabetically| by name| in alphabetical order)?', '… | sort'],
  ['(?:filter|search|grep|look)(?: (?:it|them|output|results?))? for {A}', '… | grep $1'],
  ['(?:print |display |show )?(?:only )?(?:(?:those |lines |ones |strings )*(?:that|which) (?:contain|match|include)|containing|matching|(?:lines|those|ones|strings) (?:containing|matching|with)|with) {A}', '… | grep $1'],
  ["(?:excluding|except|without|omitting|ignoring)(?: lines| those| ones)?(?: (?:that contain|containing|matching|with))? {A}", '… | grep -v $1'],
  ['(?:count|print number of|show number of|display number of) (?:them|lines|matches|results)', '… | wc -l'],
  ['(?:(?:show|print|display|list|output) )?(?:only )?(?:the )?(?:first|top) {N}(?: (?:lines|results|entries|ones))?', '… | head -n $1'],
  ['(?:(?:show|print|display|list|output) )?(?:only )?(?:the )?last {N}(?: (?:lines|results|entries|ones))?', '… | tail -n $1'],
  ['(?:one (?:page|screen) at time|page by page|(?:using|with|in|through) (?:less|pager))', '… | less'],
  ['(?:and )?(?:format(?:ted)?(?: output)? )?as table', '… | column -t'],
  ['(?:in|with) reverse(?: order)?', '… | tac'],
  ['(?:without|with no|remov(?:e|ing)) duplicates?(?: lines)?', '… | sort -u'],
  ['(?:ignoring|discarding|suppressing|hiding) (?:all )?(?:errors?|error messages)', '… 2>/dev/null'],
] // biome-ignore format: a table
