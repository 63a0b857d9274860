// The words of the grammar about files: each line says what a phrase adds to a `find`. Marks: see read.ts.

/**
 * Phrases as regular expressions, in the order in which they are looked for, and what they mean:
 * `test …` adds tests; `type x` the kind of file; `name …` a pattern for the name made of `$1`, `path …` one for the path;
 * `time m -` a time; `at` the place `$1`; `depth …` options that come first; `do …` what to do with each; `pipe …` a pipe.
 * In the expressions `{V}` is a named thing, `{W}` one or a plain word, `{VS}` several things, `{P}` a place, `{S}` a size,
 * `{T}` a time, `{N}` a number, `{M}` a mode.
 */
export const PHRASES: readonly (readonly [pattern: string, meaning: string])[] = [
  // What to do with what is found.
  [
    '(?:and|then|to) (?:force )?(?:delete|remove|erase|rm)s? (?:them|it|these|those|all of them|each of them|matches|results|found files|files|those files)(?: files)?',
    'do delete',
  ],
  [
    '^(?:recursively |find and |force |search and )?(?:delete|remove|erase|purge|prune|get rid of|wipe|clean up)s?(?: recursively)?(?= )',
    'do delete',
  ],
  [
    '(?:and )?(?:print|display|show|get|find|return|report|output|calculate|list)? ?(?:number|total count|count|total number|total) of (?=files|director|regular|symlinks|all files|sub|empty|hidden|unique|{V} files|.{1,12} files)',
    'pipe wc -l',
  ],
  [
    '^counts? (?:up )?(?:number of )?(?=(?:all |any )?(?:files|director|regular|symlinks|sub|empty|hidden|[\\w<>]+ files|[\\w<>]+ {V} files|{V} files|{V}))',
    'pipe wc -l',
  ],
  ['^how many (?=(?:[\\w<>]+ )?(?:files|director|symlinks|sub))(?:are there)?', 'pipe wc -l'],
  [
    '(?:and|then) (?:count|print count of|print number of|display count of|display number of)(?: them| these| how many there are)?$',
    'pipe wc -l',
  ],
  [
    '(?:and )?(?:change|set|modify|update|assign|make)s? (?:their |its )?(?:permissions?|mode|access rights|file mode)(?: bits)?(?: (?:of|for|on) (?:them|these files|each))? to {M}',
    'do chmod $1',
  ],
  [
    '^(?:recursively )?(?:change|set|modify|update|adjust)s? (?:permissions?|mode|access rights)(?: recursively)? to {M} (?:of|for|on|recursively for|recursively on)',
    'do chmod $1',
  ],
  [
    '(?:and )?(?:change|set) (?:their |its )?(?:owner|ownership)(?: of them)? to (?:user |owner )?{W}',
    'do chown $1',
  ],
  [
    '(?:and )?(?:run|execute) (<q\\d+>|[a-z][\\w-]*)(?: command)? (?:on|with|for) (?:each of |all of )?(?:them|these files|each|those files|each file|every file)(?: found)?',
    'do $1',
  ],
  [
    '^(?:saves?|writes?) (?:out )?(?:list of |names of )?(?=.*(?:to|in|into|as) (?:file )?(?:named |called )?(?:<[pvfgq]\\d+>)(?: file)?$)',
    'ask into',
  ],
  ['(?:to|in|into|as) (?:file )?(?:named |called )?{P}(?: file)?$', 'if into $1'],
  ['^assign permissions? {M} to', 'do chmod $1'],
  [
    '^(?:recursively )?(?:change|set|modify|update|adjust)s? (?:permissions?|mode|access rights)(?: recursively)? (?:of|for|on)(?= (?:.*) to {M})',
    'ask chmod',
  ],
  ['(?:recursively )?to {M}$', 'if chmod $1'],
  [
    '^(?:recursively )?(?:change|set)s? (?:owner(?:ship)?|user)(?: recursively)? (?:of|for)(?= (?:.*) to )',
    'ask chown',
  ],
  ['to (?:be owned by )?(?:user )?{W} and (?:group )?{W}$', 'if chown $1:$2'],
  ['to (?:user |owner )?{W}$', 'if chown $1'],
  ['^(?:recursively )?changes? group(?: ownership)? (?:of|for)(?= .* to )', 'ask chgrp'],
  ['^changes? group to {W} (?:of|for)', 'do chgrp $1'],
  ['to (?:group )?{W}$', 'if chgrp $1'],
  [
    '(?:and|then) (?:move|mv)s? (?:them|it|these files|those files|all|each)? ?(?:all )?(?:to|into|under) (?:directory )?{P}(?: directory)?',
    'do mv -t $1',
  ],
  ['^moves? (?=.*(?:to|into) (?:directory |subdirectory )?{P}(?: directory)?$)', 'ask mv -t'],
  [
    '(?:and|then) (?:copy|cp)(?:ies)? (?:them|it|these files|those files|all|each)? ?(?:all )?(?:to|into|under) (?:directory )?{P}(?: directory)?',
    'do cp -t $1',
  ],
  [
    '^(?:find and )?cop(?:y|ies) (?=.*(?:to|into) (?:directory |subdirectory )?{P}(?: directory)?$)',
    'ask cp -t',
  ],
  ['(?:to|into) (?:directory |subdirectory )?{P}(?: directory)?$', 'if mv -t $1'],
  ['(?:to|into) (?:directory |subdirectory )?{P}(?: directory)?$', 'if cp -t $1'],
  [
    '(?:and )?(?:calculate|compute|print|display|show|get|output)?s? ?(?:md5 ?sum|md5 (?:hash|checksum|sum)|md5)s? (?:of|for|checksum of|sum of) (?:each |every |all )?(?:of them)?',
    'do md5sum',
  ],
  ['^(?:gzip|compress) (?=.*files?)', 'do gzip'],
  ['^(?:unpack|uncompress|decompress|gunzip|unzip) (?=.*\\.gz|.*<)', 'do gunzip'],
  ['(?:and|then) (?:compress|gzip) (?:them|each)', 'do gzip'],
  ['^counts? (?:number of )?lines (?:of|in) (?:code in )?(?:each|every)(?: of)?', 'do wc -l'],
  [
    '(?:and )?(?:display|print|count|show|list) (?:number of|count of)? ?lines (?:in|of) (?:each|every|all)(?: of)?(?: file| them)?$',
    'do wc -l',
  ],
  [
    '^(?:count|show|print|display|calculate)s? (?:up )?(?:total )?(?:number of )?(?:all )?lines (?:of|in) (?=.*files)(?:all )?',
    'pipe xargs cat | wc -l',
  ],
  [
    '(?:and )?(?:execute|run|call|invoke)s? (?:command )?{Q} (?:on|for|with) (?:each|every|all)(?: of)?(?: file| them| found file| match)?',
    'do $1',
  ],
  [
    '(?:and )?(?:calculate|print|display|show|get|list|report)?s? ?(?:disk usage|disk space) (?:of|for|used by) (?:each|every|all)',
    'do du -h',
  ],
  [
    '(?:and )?(?:print|display|show|output|list|view)s? (?:out )?(?:contents?|their contents?)(?: of)?(?: all| each| every)?(?: of)?(?: them)?',
    'do cat',
  ],
  [
    'replaces? (?:all )?(?:occurrences of |instances of |every occurrence of |every |string |text |word )?{V} (?:with|by|to) {V} in(?: all| each| every)?',
    'sed $1 $2',
  ],

  // How to show it.
  [
    '(?:and )?(?:display|show|print|give|get|list)? ?(?:long[ -]?listing|long[ -]list|detailed list(?:ing)?|details?|detailed information|ls -l output|information)(?: information)?(?: of| about| on| for)(?: them| each| each file)?',
    'do ls -l',
  ],
  [
    '(?:and )?list (?:them|files)? ?(?:in|with) (?:long[ -]?(?:list(?:ing)?)?|detail(?:ed)?|ls -l)(?: listing)?(?: format| details?)?',
    'do ls -l',
  ],
  ['in (?:ls -dils|long list(?:ing)?|long) format', 'do ls -l'],
  [
    '(?:separated by|with|delimited by|using) null(?: character| byte)?s?(?: as (?:the )?delimiter)?',
    'test -print0',
  ],
  [
    '(?:and|then)? ?(?:sort(?:ed)?|ordered|order) (?:them |result |results |list )?(?:by|on|from|in order of) (?:size|file size|largest|biggest)(?: to smallest)?(?: in)?(?: ?,? ?(?:descending|largest first|biggest first|reverse)(?: order)?)?',
    'big',
  ],
  ['{N} (?:largest|biggest) (?=regular |files)', 'big $1'],
  ['{N} (?:most recently|last|latest|newest) ?(?:modified|changed|updated)? (?=regular |files)', 'new $1'],
  ['(?:largest|biggest) (?=(?:<[gf]\\d+> |regular )?file\\b)', 'big 1'],
  [
    '(?:newest|latest|most recent|most recently (?:modified|changed)|last (?:modified|changed)) (?=(?:<[gf]\\d+> |regular )?file\\b)',
    'new 1',
  ],
  ['oldest (?=(?:<[gf]\\d+> |regular )?file\\b)', 'old 1'],
  [
    '(?:and|then)? ?(?:print|show|display|list|output|report)? ?only (?:first|top) {N}(?: of them| results| files| lines)?$',
    'pipe head -n $1',
  ],
  [
    '(?:and|then)? ?(?:show|print|display) (?:only )?(?:last) {N} (?:lines|files|results)(?: of output)?$',
    'pipe tail -n $1',
  ],
  ['^(?:show|print|display) (?:sorted list of|sorted|sorted list) ?', 'pipe sort'],
  [
    '(?:and|then)? ?sort(?:ed|s)? (?:them |result |results |output |list )?(?:alphabetically|by (?:file)?names?|in alphabetical order)?$',
    'pipe sort',
  ],
  [
    "(?:and|while|but)? ?(?:discard|discarding|hide|ignoring|ignore|suppress(?:ing)?|without showing|do not (?:show|display|print)|don't show)(?: all| any)? (?:errors?|permission denied|error messages?)(?: messages?| errors?)?",
    'quiet',
  ],
  [
    '(?:and )?(?:save|write|store|output|redirect)s? (?:them|it|list|output|results?|all)? ?(?:to|in|into) (?:file )?{P}(?: file)?',
    'into $1',
  ],

  // Names.
  [
    '(?:and )?(?:search|look|grep) (?:(?:in|through|inside) )?(?:them|those files|these files|each file|all of them)(?: all)? for (?:string |text |word |pattern )?{V}',
    'holds $1',
  ],
  [
    '(?:and )?(?:search|look|grep) for (?:string |text |word |pattern )?{V} (?:in|inside) (?:them|those files|these files|each file|each of them|all of them|all these files)',
    'holds $1',
  ],
  [
    '(?:ignoring|regardless of|ignore|irrespective of) (?:the )?case(?: sensitivity)?|case[ -]insensitiv(?:e|ely)(?: search| match)?|not case sensitiv(?:e|ely)|in any case',
    'flag nocase',
  ],
  ["{LINK}(?:not|n't) (?:named|called) {VS}", 'name ! $1'],
  [
    '(?:except|excluding|but not|other than|apart from|besides|excepting|but|not including|ignoring|skipping|omitting) (?:those |ones |files? |all )?(?:that are )?(?:named |called |with names? |whose names? (?:is|are|match(?:es)?) )?{VS}(?: files?| ones)?',
    'name ! $1',
  ],
  ['{LINK}(?:ending|end|ends) (?:with|in|by) (?:extension |suffix )?{VS}(?: extensions?)?', 'name *$1'],
  [
    '{LINK}(?:starting|start|starts|beginning|begin|begins) (?:with|by) (?:string |word |prefix |letters? |characters? |text )?{VS}',
    'name $1*',
  ],
  [
    '(?:with|whose|having|that have|which have) (?:file)?names? {LINK}(?:ending|end|ends) (?:with|in|by) {VS}',
    'name *$1',
  ],
  ['(?:with|having|that have|which have) {VS} (?:extension|suffix|ending)s?', 'name *.$1'],
  ['(?:with|having|that have|which have|of) (?:extension|suffix)s? {WS}', 'name *.$1'],
  ['(?:with|having|that have|which have) prefix {VS}', 'name $1*'],
  [
    '(?:containing|contain|contains|having|with|that have|including|includes|include) (?:string |word |text |letters? |characters? )?{WS} (?:in|within|as part of) (?:their|its|the|file|path)? ?(?:file|base)?names?',
    'name *$1*',
  ],
  [
    '(?:whose|with|where|having) (?:file|base)?names? (?:that )?(?:contain|include|have|containing)s? (?:string |word |text )?{VS}',
    'name *$1*',
  ],
  [
    '(?:whose|with|having|and|where) (?:the )?(?:path|full path|path ?names?)s? (?:that )?(?:match|matches|matching|is|are|like|fits?) (?:pattern |glob |glob pattern )?{VS}',
    'path $1',
  ],
  [
    '(?:whose|with|having|where) (?:the )?(?:path|full path|path ?names?)s? (?:that )?(?:contain|include|have|containing)s? (?:string |word )?{VS}',
    'path *$1*',
  ],
  [
    '(?:not in|outside of|outside|excluding|except (?:in|under)|ignoring|skipping|omitting|without (?:going into|descending into)|but not in|not under|excluding those in|that are not in|except those in) (?:directory |directories |path |paths |subdirectory |subdirectories )(?:named )?{WS}(?: director(?:y|ies))?',
    'outside $1',
  ],
  [
    '(?:whose|with|having|that have|which have|and)? ?(?:the )?(?:file)?names? (?:is|are|that (?:are|is)|matching|that match|match|matches|like|of|equal to|fits?)? ?(?:exactly |pattern |patterns |glob |glob pattern |name pattern |wildcard |shell pattern )?{VS}(?: pattern)?',
    'name $1',
  ],
  [
    '(?:that match|matching|which match|matched by|that matches|like)(?: the)?(?: name)? ?(?:pattern|patterns|glob|glob pattern|wildcard) {VS}',
    'name $1',
  ],
  [
    '(?:matching|match|that match|matches|whose (?:paths?|names?) match(?:es)?|with (?:paths?|names?) matching)(?: the)? (?:regex|regular expression|regexp) {V}(?: in their (?:paths?|names?))?',
    'test -regex $1',
  ],
  ['{LINK}(?:named|called|name|with name|by name|having name|titled) {WS}', 'name $1'],
  ['(?:not like|unlike) {VS}', 'name ! $1'],
  ['(?:like|such as) {VS}', 'name $1'],
  ['(?:hidden|dot) (?=files|regular|director)', 'name .*'],
  ['(?:matching|match|that match) {G}', 'name $1'],

  // What is in it.
  [
    "(?:that|which|and)? ?(?:do not|don't|does not|not|without) ?(?:contain|have|include|containing|having)s? (?:string|text|word|words|phrase|pattern|regex|line|lines)?s? ?{V}(?: inside| in them| in their contents?)?",
    'lacks $1',
  ],
  [
    '(?:that|which|and|,)*? ?(?:contain|have|include|containing|having|mention)s? (?:line with |lines with |lines (?:that )?match(?:ing)? |at least one |occurrences? of )?(?:string|text|word|words|phrase|pattern|regex|regular expression|keyword|term|expression)s? {W}(?: inside| in them| in their contents?| in it)?',
    'holds $1',
  ],
  [
    '(?:that|which|and|,)*? ?(?:contain|include|containing|including|mention)s? {Q}(?: inside| in them| in their contents?)?(?! in (?:their|its|the)? ?(?:file)?name)',
    'holds $1',
  ],
  [
    '(?:for )?(?:case[ -]insensitive )?(?:text|string|word|pattern|regex|phrase|occurrences? of|lines (?:containing|matching)) {V} (?:in|inside|within)(?: all| each| every)?',
    'holds $1',
  ],
  [
    '^(?:grep|search|find|look|locate)(?: for)?(?: text| string| word)? (<[qv]\\d+>) in(?: all| each| every| any)?(?= (?:regular |[\\w<>.]+ )?files?)',
    'holds $1',
  ],
  ['(?:for )(?:pattern|string|text|word|regex|phrase) {V}', 'holds $1'],
  [
    '(?<=^(?:recursively )?search (?:.*)(?:files|directory|directories|tree|<p\\d+>)(?: .*)?)for (<[qv]\\d+>)$',
    'holds $1',
  ],

  // Kind, size, time, owner, mode.
  [
    '(?:except|excluding|not|other than|that are not|which are not) (?:directories|director(?:y|ies))',
    'test ! -type d',
  ],
  ['(?:(?:broken|dangling|dead) symlinks?)', 'test -xtype l'],
  [
    '(?:empty|zero[ -](?:byte|size|length)(?:d)?|0 bytes?) (?=(?:regular )?files?|director|and|subdirect)',
    'test -empty',
  ],
  ['(?:that|which)? ?(?:are|is) empty', 'test -empty'],
  ['non[ -]?empty|(?:that|which)? ?(?:are|is) not empty', 'test ! -empty'],
  ['(?:of|with|having|whose)? ?(?:file )?size (?:is )?(?:of )?(?:0|zero)(?: bytes)?', 'test -empty'],
  [
    '{LINK}(?:size )?(?:is |are |of )?(?:between|from) {S} (?:and|to) {S}(?: in size)?',
    'test -size +$1 -size -$2',
  ],
  [
    '{LINK}(?:file )?(?:sizes? )?(?:is |are |of )?(?:larger|bigger|greater|more|over|above|exceed(?:ing|s)?|at least|higher|minimum)(?: in size)?(?: than| of)? (?:size )?{S}(?: (?:in )?size| or more)?',
    'test -size +$1',
  ],
  [
    '{LINK}(?:file )?(?:sizes? )?(?:is |are |of )?(?:smaller|less|lower|under|below|at most|fewer)(?: in size)?(?: than)? (?:size )?{S}(?: (?:in )?size| or less)?',
    'test -size -$1',
  ],
  [
    '(?:(?:that|which) are|with|of|having|whose|that have|exactly)? ?(?:file )?size (?:is |of |equal to |exactly )?(?:exactly )?{S}(?: exactly)?',
    'test -size $1',
  ],
  ['(?:(?:that|which) are) (?:exactly )?{S}(?: in size| big)?', 'test -size $1'],
  ['{S} (?=files)', 'test -size $1'],
  ['(?:first|top) {N} (?=files|director|results|matches)', 'pipe head -n $1'],
  [
    '{LINK}(?:last )?{TV}(?: (?:in|for|within|at))? (?:more than|over|at least|before|earlier than|longer than|older than|> ?) ?{T}(?: (?:ago|back|earlier|old))?',
    'time $1 +',
  ],
  [
    '{LINK}not (?:been )?{TV}(?: (?:in|for|within|since|during))?(?: (?:over|at least|more than|last|past))* {T}(?: ago)?',
    'time $1 +',
  ],
  [
    '{LINK}(?:last )?{TV}(?: (?:in|within|during|for))?(?: (?:less than|under|last|past|previous|this|fewer than|not more than|within))+ {T}(?: (?:ago|back|or less))?',
    'time $1 -',
  ],
  ['{LINK}(?:last )?{TV} (?:in|within) {T}', 'time $1 -'],
  ['{LINK}(?:last )?{TV} (?:exactly )?{T}(?: (?:ago|back))', 'time $1 ='],
  ['{LINK}(?:last )?{TV} (?:today|in last 24 hours)', 'time $1 0'],
  ['{LINK}(?:last )?{TV} yesterday', 'time $1 1'],
  [
    '{LINK}(?:last )?{TV} (?:more recently than|later than|after|since) (?:file )?{P}(?: was(?: modified)?)?',
    'test -newer $1',
  ],
  ['{LINK}older than {T}', 'time modified +'],
  ['{LINK}(?:newer|younger) than {T}', 'time modified -'],
  ['{LINK}(?:not newer|older) than (?:file )?{P}', 'test ! -newer $1'],
  ['{LINK}(?:newer|more recent) than (?:file )?{P}', 'test -newer $1'],
  ['{LINK}(?:owned by|belong(?:s|ing)? to|property of)(?: the)? group {W}', 'test -group $1'],
  ['(?:whose|with|having|and) group (?:is|id is|name)? ?{W}', 'test -group $1'],
  ['{LINK}not (?:owned by|belong(?:s|ing)? to)(?: the)?(?: user)? {W}', 'test ! -user $1'],
  [
    '{LINK}(?:owned by|belong(?:s|ing)? to|property of)(?: the)?(?: user| owner)? {W}(?: user)?',
    'test -user $1',
  ],
  ['(?:whose|with|having|and) (?:owner|user) (?:is|name)? ?{W}', 'test -user $1'],
  [
    '(?:with|that have|having|belong(?:s|ing)? to|owned by)? ?(?:no|non-?existing|invalid|unknown) (?:user|owner|valid user)',
    'test -nouser',
  ],
  ['(?:with|that have|having|belong(?:s|ing)? to|owned by)? ?no group', 'test -nogroup'],
  ['(?:with|having|whose) inode(?: number)?(?: is)? {N}', 'test -inum $1'],
  [
    '{LINK}(?:permissions?|mode|permission bits|access rights)(?: set)?(?: (?:are|is|of|set to|equal to|bits|mode))? (?:not|other than) {M}',
    'test ! -perm $1',
  ],
  [
    "{LINK}(?:not|n't|without) (?:have |having )?(?:permissions?|mode)(?: (?:of|set to))? {M}",
    'test ! -perm $1',
  ],
  [
    '(?:with|have|having|whose|and|which have|that have) (?:(?:the|file|their) )*(?:permissions?|mode|permission bits|access rights)(?: (?:are|is|of|set to|equal to|bits|exactly|mode))* {M}(?: permissions?)?',
    'test -perm $1',
  ],
  ['(?:with|have|having) {M} (?:permissions?|mode)', 'test -perm $1'],
  [
    'world[ -]writ(?:e?able)|writ(?:e?able) (?:by|for) (?:everyone|others|anyone|all|world)',
    'test -perm -0002',
  ],
  [
    '(?:with |having |that have |which have )?(?:setuid|suid|set user id)(?: bit)?(?: set| enabled)?',
    'test -perm -4000',
  ],
  ['(?:with |having |that have |which have )?(?:setgid|sgid)(?: bit)?(?: set| enabled)?', 'test -perm -2000'],
  ['(?:with |having |that have |which have )?sticky bit(?: set| enabled)?', 'test -perm -1000'],
  ['(?:(?:that|which) are )?executable(?: (?:by|for) (?:me|current user|user))?', 'test -executable'],
  ['(?:(?:that|which) are )?readable', 'test -readable'],
  ['(?:(?:that|which) are )?writ(?:e?able)', 'test -writable'],
  ['with more than {N} (?:hard ?)?links', 'test -links +$1'],

  // How deep.
  [
    "(?:but|and|,)? ?(?:(?:do not|don't|not|without|no) (?:searching|search|descend(?:ing)?|recurs(?:e|ing|ively)|go(?:ing)?|look(?:ing)?|includ(?:e|ing)|travers(?:e|ing))(?: (?:in|into|to|through|beyond|inside))*(?: any| all| its| the)? ?(?:subdirector(?:y|ies)|sub|directories)?|not recursively|non-?recursively|(?:but )?not (?:in )?(?:its |it's |their |any )?subdirectories|excluding subdirectories|(?:no|without) recursion)",
    'depth -maxdepth 1',
  ],
  [
    '(?:directly|only|immediately) (?=(?:in|under|inside)\\b)|(?:in|under|inside) (?:current directory|{P}) only|only in current directory|top[ -]level (?=files|director)|immediate (?=subdirector)',
    'deep 1',
  ],
  [
    '(?:up to|at most|to|with|max(?:imum)?|within|limit(?:ed)? to|going|for|only)* ?(?:max(?:imum)? )?(?:depth|levels?)(?: of| level)? (?:is )?{N}(?: levels?)?',
    'depth -maxdepth $1',
  ],
  ['(?:at least|minimum|starting from) {N} levels? (?:deep|down|below)?', 'depth -mindepth $1'],
  [
    '(?:up to|at most|to|maximum|within|no more than|not more than|only|descend(?:ing)?(?: at most)?)* ?{N} levels? ?(?:deep|down|below|depth)?',
    'depth -maxdepth $1',
  ],
  [
    '(?:on|in) (?:same|one|this) (?:file ?system|partition)(?: only)?|without crossing file ?systems?',
    'depth -xdev',
  ],
]

/** Kinds of files, and the test that finds them; looked for after the phrases. */
export const OBJECTS: readonly (readonly [pattern: string, type: string])[] = [
  [
    '\\b(?:files? ?(?:\\/|and|or|and\\/or|&) ?(?:sub)?director(?:y|ies)|director(?:y|ies) ?(?:\\/|and|or) ?files?|files?\\/dirs?|entries|everything|anything|all content|objects|items|paths)\\b',
    '',
  ],
  ['\\bregular files?\\b', 'f'],
  ['\\b(?:sub)?director(?:y|ies)\\b(?! tree| <p| hierarchy)', 'd'],
  ['\\bsymlinks?\\b', 'l'],
  ['\\b(?:named pipes?|fifos?)\\b', 'p'],
  ['\\bsockets?\\b', 's'],
  ['\\b(?:block devices?|block special files?)\\b', 'b'],
  ['\\b(?:character devices?|character special files?)\\b', 'c'],
  ['\\bfiles?\\b', 'f'],
  ['\\b(?:scripts?|documents?|images?|sources?|archives?|source code)\\b', 'f'],
]

/** Where to look. `.` stands for the current directory. */
export const PLACES: readonly (readonly [pattern: string, place: string])[] = [
  [
    "(?:in|inside|under|below|from|of|within|on|for|throughout|across|starting (?:from|at|in)|rooted (?:at|in)|at|beneath|and below|under and below|residing in|located in|reside in|through)*? ?(?:(?:and (?:below|under)|current and|under)? ?)(?:current|present|working|this|current working) (?:director(?:y|ies)|location)(?: tree| hierarchy)?(?: (?:and|or|with) (?:below|under it|its subdirectories|all (?:its )?subdirectories|(?:all )?(?:of )?(?:its |it's |their )?subdirectories(?: recursively)?|(?:its |all )?sub ?-? ?directories|sub))?(?: recursively)?",
    '.',
  ],
  ['\\b(?:here|in current dir)\\b', '.'],
  [
    '(?:in|on|across|under|from|throughout|inside|over|within)*? ?(?:entire|whole|complete|full|all of)? ?(?:file ?system|root (?:directory|file ?system)|system|machine|computer|server|hard drive|disk)(?: tree)?(?! mount)',
    '/',
  ],
  [
    "(?:in|under|from|within|inside|of|on)*? ?(?:my|user's|users|current user's|your|his)? ?(?:\\$?home)(?: directory)?(?: tree)?(?: (?:and|with) (?:its |all )?subdirectories)?",
    '~',
  ],
  ['(?:in|under|from) temp(?:orary)? directory', '/tmp'],
  [
    "(?:in|inside|under|below|from|of|within|on|for|throughout|across|starting (?:from|at|in)|start(?:ing)? (?:search )?(?:in|from|at)|rooted (?:at|in)|at|beneath|residing in|located in|under and below|in and below|through|recursively (?:in|under|from))+ (?:all )?(?:subdirectories of )?(?:directory |directories |path |paths |directory tree |directory trees |subdirectory )?(?:of )?{PS}(?: (?:sub)?(?:directory|directories|directory trees?|directory hierarchy|tree|trees|hierarchy|path|location|root))?(?: (?:and|or|with) (?:below|under|deeper|its subdirectories|(?:all )?(?:of )?(?:its |it's |their )?(?:subdirectories|sub ?-? ?directories|sub)(?: recursively)?))?(?: recursively)?",
    '$1',
  ],
  ['{P} (?:directory|directory tree|tree|hierarchy)(?: (?:and|with) (?:its |all )?subdirectories)?', '$1'],
  [
    '(?:director(?:y|ies)|path|tree)(?: trees?)? {PS}(?: (?:and|with|including) (?:below|(?:all )?(?:of )?(?:its )?subdirectories))?',
    '$1',
  ],
  ['(?:in|under|inside|from|within) (?:directory )([a-z][\\w.-]*)', '$1'],
  [
    '(?:in|under|inside|from|within) ([a-z][\\w.-]*) directory(?: tree)?(?: (?:and|with) (?:its |all )?subdirectories)?',
    '$1',
  ],
]

/** Words that add nothing to what the phrases say. */
export const FILLERS =
  /^(?:find|finds|search|searches|searching|look|looks|locate|list|lists|show|shows|display|displays|print|prints|get|gets|output|outputs|return|returns|report|see|view|identify|give|me|for|up|out|all|every|each|any|that|which|who|are|is|was|were|be|been|have|has|had|with|and|of|in|on|to|by|from|them|their|its|it|these|those|there|anywhere|recursively|recursive|also|,|-|only|under|below|as|names?|paths?|filenames?|located|present|existing|exist|exists|available|down|whose|at|pathnames?|list of|full|do|does|then|inside|within|through|where|types?(?= f)|found|tree|well|using|what|my|i|s|one|more|or)$/

/** What the words of a kind of file stand for in its name. */
export const KINDS: Readonly<Record<string, string>> = {
  text: 'txt', python: 'py', javascript: 'js', typescript: 'ts', markdown: 'md', jpeg: 'jpg', perl: 'pl', ruby: 'rb', shell: 'sh', bash: 'sh', rust: 'rs', log: 'log', header: 'h', java: 'java', php: 'php', html: 'html', xml: 'xml', pdf: 'pdf', json: 'json', csv: 'csv', css: 'css', c: 'c', cpp: 'cpp', mp3: 'mp3', mp4: 'mp4', jpg: 'jpg', png: 'png', gif: 'gif', zip: 'zip', tar: 'tar', gz: 'gz', txt: 'txt', sh: 'sh', py: 'py', js: 'js', ts: 'ts', yaml: 'yaml', yml: 'yml', sql: 'sql', swf: 'swf', doc: 'doc', svg: 'svg', tmp: 'tmp', bak: 'bak', md: 'md', iso: 'iso', deb: 'deb', rpm: 'rpm', jar: 'jar', conf: 'conf', cfg: 'cfg', ini: 'ini', htm: 'htm', ogg: 'ogg', avi: 'avi', mkv: 'mkv', svn: 'svn', exe: 'exe', dll: 'dll', o: 'o', so: 'so', h: 'h', scm: 'scm', tex: 'tex', war: 'war', vim: 'vim', docx: 'docx', xlsx: 'xlsx', go: 'go',
} // biome-ignore format: a compact table
