// English as people type it to a terminal, made comparable: one stem for the forms and synonyms of a word.

/** Several words that mean one; tried in order, on lower-case text. */
const PHRASES: readonly (readonly [RegExp, string])[] = [
  [/\bwhats\b/g, "what's"],
  [/\b(?:find(?:ing)? out|figure out|determine|do i know|can i tell)\b/g, ' show '],
  [/\b(?:get|go|drop|hop) into\b/g, ' enter '],
  [
    /\b(?:using|with|via) (?=(?:the )?(?:git|docker|find|ls|grep|sed|awk|curl|wget|tar|ssh|sort|systemd)\b)/g,
    ' ',
  ],
  // Who gets a thing's property wants to see it.
  [
    /\b(?:get|obtain|retrieve) (?=(?:only |just )?(?:the|an?|all|information|info|details)\b)(?!.*(?:\bfrom\b|https?:|\bback\b|\burl\b|\bpage\b|\blatest changes\b|\brequest\b|\bshell\b))/g,
    ' show ',
  ],
  [/\b(?:was|were|been|is|got) (?:first )?created\b|\bcreation (?:date|time)\b/g, ' creationtime '],
  [/\b(pretty|human|password)-(?=print|readable|protect)/g, '$1 '],
  [
    /\b(?:and|with) (?:everything|all (?:of )?(?:the |its |their )?(?:files|contents?|sub-?(?:folders|directories|dirs))(?: and files)?)(?: (?:in|inside|below|under|of) (?:it|them)| inside| within)?(?=[\s.?!]*$| to\b| into\b| from\b)/g,
    ' recursive ',
  ],
  [/\b(?:and|with) everything (?:in|inside|below|under) (?:it|them)\b/g, ' recursive '],
  [/\bchmod\b/g, ' chmod permission '],
  [/\badd(?:ing)? up\b/g, ' sum '],
  [/\baccessed\b/g, ' read '],
  [/\bmost recent(?:ly)?\b/g, ' last '],
  [/\btext file\b/g, ' file '],
  [/\bupper(?: ?case)? and lower ?case\b/g, ' ignorecase '],
  [/\b(?:how many|number of|amount of|total number of)\b/g, ' count '],
  [/\bhow (?:big|large|heavy)\b/g, ' size '],
  [/\bhow much (?:disk |free |hard disk )?(?:space|storage)\b/g, ' space size '],
  [/\b(?:get rid of|wipe out|clean out|blow away)\b/g, ' delete '],
  [/\b(?:throw away|get rid of my changes)\b/g, ' discard '],
  [/\b(?:look(?:ing)? for|search(?:ing)? for|hunt for)\b/g, ' find '],
  [
    /\b(?:shut ?down|power(?:ing)? off|turn off (?:the |my )?(?:computer|machine|pc|laptop|server)|switch off)\b/g,
    ' shutdown ',
  ],
  [/\b(?:the|my) (?:trash|recycle bin|rubbish)(?: can| bin)?\b/g, ' trashcan '],
  [/\bwould be\b|\bdry[- ]?run\b|\b(?:simulat|pretend)\w*/g, ' preview '],
  [
    /\b(?:other than|apart from|aside from|with the exception of|excepting|besides|leaving out|leave out|save for)\b/g,
    ' not ',
  ],
  // `everything but the last`; what is also to be done, or how, takes nothing out.
  [
    /\bbut (?!not\b|no\b|never\b|nothing\b|without|do(?:es)?\b|don|keep|ask|only|just|also|with\b|in\b|on\b|at\b|sort|show|list|print|make|preserv|ignor|exclu|skip|overwrit|then\b|i\b|is\b|are\b|can|want)/g,
    ' not ',
  ],
  [/(?<=\b(?:everything|all|files) )minus\b/g, ' not '],
  [/\bnon(?:-|\b)/g, ' not '],
  [/\bread[- ]only\b/g, ' readonly '],
  [/\b(?:turn|turned|turning|switch) off\b/g, ' disable '],
  [/\b(?:what|who|which (?:process|program|service))(?:'s| is)? listen(?:s|ing)\b/g, ' holder listening '],
  [/\b(?:log ?in ?to|log into|login to)\b/g, ' login '],
  [/\b(?:logged in)\b/g, ' login '],
  [/\blog in\b/g, ' login '],
  [
    /\b(?:in|on|with|using|from|inside|at|via|through|under|for) (?:the |a |my )?(?:(?:linux|unix|ubuntu|debian|bash|gnu)(?:\/\w+)? )?(?:bash|zsh|fish|shell|terminal|linux|unix|ubuntu|debian|command[ -]line|console|cli)(?: script)?\b/g,
    ' ',
  ],
  [/\bwhat(?:'s| is| are)? (?:in|inside)\b|\b(?:look|peek) (?:inside|into)\b/g, ' content '],
  [/\bwho am i\b|\b(?:my|which|what) user ?name\b|\bwhich user\b/g, ' whoami '],
  [/\b(?:uncommitted|not (?:yet )?committed)\b/g, ' notcommitted '],
  [/\b(?:unpushed|not (?:yet )?pushed)\b/g, ' notpushed '],
  [/\b(?:untouched|unmodified|unchanged)\b/g, ' not change '],
  [/^end (?:the )?(?:process|program|task|app)\b/g, ' kill process '],
  [/\bright now\b/g, ' '],
  [/\bname ?servers?\b/g, ' nameserver '],
  [/\b(first|last|top) line\b/g, ' $1 1 line '],
  [/\be-?mails?\b/g, ' email '],
  [
    /\b(?:case[- ]?insensitive(?:ly)?|ignor\w+ (?:the )?case|regardless of case|no matter the case)\b/g,
    ' ignorecase ',
  ],
  [/\b(?:symbolic links?|soft ?links?|sym ?links?|sym-links?)\b/g, ' symlink '],
  [/\bupper[- ]?case|all caps|capital letters\b/g, ' uppercase '],
  [/\blower[- ]?case|small letters\b/g, ' lowercase '],
  [/\b(?:in )?real[- ]?time\b/g, ' live '],
  [/\b(?:as (?:it|they) (?:grows?|happens?|comes? in|gets? written))\b/g, ' live '],
  [/\bfile ?names?\b/g, ' file name '],
  [/\bfile ?systems?\b/g, ' filesystem '],
  [/\bhost ?names?\b/g, ' hostname '],
  [/\btime ?zones?\b/g, ' timezone '],
  [/\bhard ?(?:disk|drive)s?\b/g, ' disk '],
  [/\bthumb ?drives?|flash ?drives?|usb ?(?:sticks?|drives?|keys?)|pen ?drives?\b/g, ' usb stick '],
  [/\bweb ?(?:sites?|pages?)\b/g, ' website '],
  [/\bweb ?server\b/g, ' webserver '],
  [/\bsub-?(?:director(?:y|ies)|folders?|dirs?)\b/g, ' subdir '],
  [/\bend(?:s|ing)? (?:in|with)\b/g, ' extension '],
  [/\btake(?:s|ing)? up\b/g, ' use '],
  [/\b(?:set ?up)\b/g, ' create '],
  [/\bspin up|fire up|boot up|kick off|bring up\b/g, ' start '],
  [/\b(?:bring|take|tear) down\b/g, ' down '],
  [/\bcheck ?out\b/g, ' checkout '],
  [/\broll ?back\b/g, ' rollback '],
  [/\bcherry[- ]?pick\b/g, ' cherrypick '],
  [/\bup ?to ?date\b/g, ' update '],
  [/\bout ?dated\b/g, ' outdated '],
  [/\bjump ?(?:host|box)|bastion(?: host)?\b/g, ' jumphost '],
  [/\bpull request\b/g, ' pr '],
  [/\bhalf (?:the|its) size\b/g, ' 50% '],
]

/** The first word stands for the others; by their stems. */
const SYNONYMS: readonly string[] = [
  'find search locate seek lookup discover spot where whereabouts hunt',
  'show list display print see view output tell enumerate present reveal ls',
  'dir directory folder directories',
  'delete remove erase drop rm del purge trash unlink destroy eliminate nuke',
  'repository repo repositories',
  'create make new generate add mk initialise initialize',
  'large big huge bigger larger greater exceeding above over biggest largest heaviest heavy hogging',
  'small smaller less under below tiny',
  'change modify alter edit modified modification touched',
  'last recent recently latest newest past within previous',
  'move mv relocate',
  'copy cp duplicate',
  'kill terminate murder',
  'stop halt cease',
  'start launch run',
  'restart reboot bounce relaunch',
  'extract unpack untar decompress unzip uncompress unarchive expand',
  'compress pack archive shrink',
  'contain contains containing include includes mention mentions having match matching matches holds',
  'text string word phrase pattern term expression occurrence occurrences',
  'replace substitute',
  'swap exchange',
  'count tally',
  'size',
  'space storage room',
  'use usage uses using consume consumes eat eats take hog hogs',
  'memory ram',
  'cpu cpus processor processors cores core',
  'machine computer system box pc laptop host server',
  'shell bash sh zsh console prompt',
  'switch jump',
  'process processes program programs task app application',
  'network net lan',
  'download fetch get grab retrieve',
  'upload send transfer',
  'directly straight',
  'follow live watch monitor continuously',
  'log logs journal',
  'line lines row rows',
  'column columns field fields',
  'sort order sorted ordered arrange rank',
  'duplicate duplicates dupes dupe repeated identical same twice',
  'unique distinct dedupe deduplicate',
  'compare diff difference differences differ differs',
  'permission permissions rights mode access',
  'owner owners owned owns belong belongs ownership',
  'user account person',
  'group groups',
  'execute executable runnable',
  'install setup',
  'uninstall deinstall',
  'package packages software library module',
  'port ports',
  'listen listening listens',
  'open opened',
  'connect connection connections connected',
  'ip address addresses',
  'ping reachable alive',
  'resolve lookup dns',
  'branch branches',
  'commit commits committed',
  'discard dump abandon forget',
  'undo revert',
  'configuration config configure settings setting',
  'not nobody never unless neither nor non besides excepting',
  'stage staged staging index',
  'container containers',
  'image images picture pictures photo photos',
  'docker',
  'service services daemon unit',
  'status state condition',
  'fail failed failing failure broken',
  'error errors',
  'disk disks drive drives',
  'mount mounted',
  'unmount umount eject',
  'format',
  'link links',
  'empty blank',
  'hidden dotfiles dot',
  'first top beginning start',
  'end bottom final tail',
  'each every all everything everywhere',
  'different another other',
  'backup save',
  'certificate cert ssl tls',
  'expire expires expiry expiration',
  'password passphrase',
  'random',
  'schedule scheduled cron crontab',
  'time duration',
  'date day',
  'boot startup autostart',
  'background',
  'repeat loop again',
  'convert turn transform',
  'video movie clip',
  'audio sound',
  'merge join combine concatenate concat',
  'split divide chunk chunks',
  'sync synchronise synchronize mirror',
  'remote',
  'tunnel forward forwarding',
  'key keys keypair',
  'name named called names',
  'content contents inside',
  'character characters char chars letter letters',
  'tree hierarchy structure',
  'old older',
  'enable activate',
  'disable deactivate',
  'reload refresh',
  'version release',
  'information info details detail metadata',
  'squash',
  'stash',
  'headers header',
  'pod pods',
  'slow',
  'encode',
  'decode',
  'number numeric numerically numerical',
  'alphabetically alphabetical',
  'reverse backwards descending',
  'average mean',
  'sum total add',
  'frequent common frequency often',
  'corrupt damaged corrupted intact',
  'script',
  'history',
  'interface interfaces nic card adapter',
  'route routing gateway',
  'firewall ufw iptables',
  'wifi wlan wireless',
  'env environment',
  'variable variables',
  'clipboard',
  'alias aliases shortcut',
  'manual documentation docs help man',
  'temperature hot',
  'kernel',
  'distribution distro os',
  'calendar',
  'timezone',
  'not no without except excluding exclude',
  'only just',
  'recursive recursively',
  'minify compact',
  'pretty prettify indent beautify',
  'author authors contributor contributors',
  'message messages',
  'upgrade',
  'readable',
  'free available left remaining',
  'website site page',
]

/** Words that say nothing about what is wanted. */
const STOP: ReadonlySet<string> = new Set(
  `a an got the of in on at to for by with and or is are was were be been am do does did doing done i me my mine we us our you your it its
  this that these those there here then than so if as into onto how what when can could would should will want need like
  please let lets just some any which who whose have has had give current currently now very really quickly quick easy way command
  specific particular certain given several multiple own existing
  also too still already yet ever even actually simply once whether there's what's i'm but anything it's terminal linux fish via up out off them they one thing things stuff`.split(
    /\s+/,
  ),
)

const STEMS: ReadonlyMap<string, string> = new Map(
  // The first group that names a word keeps it.
  SYNONYMS.toReversed().flatMap((group) => {
    const words = group.split(' ')
    return words.map((word) => [stem(word), stem(words[0] as string)] as const)
  }),
)

/** Plural, -ing, -ed and a final e taken off; both sides go through it, so that it need not be a word. */
function stem(word: string): string {
  // `locally`, but not `apply`, `only`.
  let text = /^[a-z]{4,}(?<!p|mi)ly$/.test(word) ? word.slice(0, -2) : word
  if (text.length <= 3) return text
  // What runs is not started.
  if (text === 'running') return text
  // A note is no `not`.
  if (/^notes?$/.test(text)) return 'note'
  // What is set is no verb.
  if (/^settings?$/.test(text)) return 'setting'
  if (/ies$/.test(text)) text = `${text.slice(0, -3)}y`
  else if (/(?:ss|us|is)$/.test(text)) return text
  else if (/(?:sh|ch|x|z|ss)es$/.test(text)) text = text.slice(0, -2)
  else if (/s$/.test(text)) text = text.slice(0, -1)
  const bare = /^(.*[aeiouy].*)(?:ing|ed)$/.exec(text)?.[1]
  if (bare !== undefined && bare.length >= 3) text = bare.replace(/([bdfgmnprt])\1$/, '$1')
  return text.length > 3 ? text.replace(/e$/, '') : text
}

/** Lower case, with phrases of several words as one. */
export const normalise = (text: string): string => withPhrases(text.toLowerCase())

const ANY_CASE = PHRASES.map(([pattern, word]) => [new RegExp(pattern.source, 'gi'), word] as const)

/** The same, with every other word as it was typed. */
export function withPhrases(text: string): string {
  let out = text.replace(/[\u2018\u2019]/g, "'")
  for (const [pattern, word] of ANY_CASE) out = out.replace(pattern, word)
  return out.replace(
    /\b(?:do|does|did|is|are|can|was|were|has|have|had|should|would|must|need|may)(?: not|n'?t)\b|\b(?:cannot|won't)\b/gi,
    ' not ',
  )
}

export const isStop = (word: string): boolean => STOP.has(word)

/** The stem that stands for the word and its synonyms. */
export function concept(word: string): string {
  const own = stem(word)
  return STEMS.get(own) ?? own
}

/** Concepts of a plain text, stop words left out. */
export function concepts(text: string): string[] {
  return (normalise(text).match(/[a-z0-9][a-z0-9+#.-]*/g) ?? [])
    .map((word) => word.replace(/[.-]+$/, ''))
    .filter((word) => word !== '' && !isStop(word))
    .map(concept)
}

export const NOT = concept('not')
export const PREVIEW = concept('preview')

/** Whether the words ask for that, and do not forbid it: `without deleting`. `said`: their concepts, in order. */
export const isAskedFor = (verb: string, said: readonly (string | undefined)[]): boolean =>
  said.some((word, i) => word === verb && (verb === NOT || said[i - 1] !== NOT))

/** Damerau–Levenshtein distance, given up beyond `most`. */
export function distance(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return most + 1
  let before: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      let cost = Math.min((next[j - 1] as number) + 1, (row[j] as number) + 1, (row[j - 1] as number) + same)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, (before[j - 2] as number) + 1)
      next.push(cost)
    }
    before = row
    row = next
  }
  return row[b.length] as number
}
