// Whole sentences of the grammar: what is asked of a thing that is named, and the command for it. Marks: see read.ts.

/** Parts that many sentences share. */
export const PARTS: Readonly<Record<string, string>> = {
  SHOW: "(?:(?:print|display|show|list|output|get|view|see|give|report|tell|check|dump|find|what is|what are|what's)s?(?: me)?(?: out)?)",
  DEL: '(?:delete|remove|erase|unlink|rm)s?',
  MAKE: '(?:create|make|generate)s?',
  COUNT:
    '(?:count|calculate|print number of|display number of|show number of|get number of|print count of|how many|find number of|count number of)s?',
  IN: '(?:in|of|from|inside|within)',
  F: '(?:file |files |contents? of |contents of file |text file )*(<[pvfgq]\\d+>)(?: file)?',
  D: '(?:directory |path )?(<[pvfgq]\\d+>)(?: directory)?',
  X: '(<[pvfgqunmh]\\d+>)',
  A: '(?:string |text |word |words |pattern |characters? |regex |phrase |substring )?(<[qvgfpnm]\\d+>)',
  N: '(<n\\d+>)',
  M: '(<[mn]\\d+>)',
  U: '(<[ufp]\\d+>)',
  H: '(?:host |server |domain |ip |ip address |address |website )?(<[hfuq]\\d+>|localhost|google)',
  W: '(<[pvfgqunmh]\\d+>|[a-z_][\\w.-]*)',
  SYS: '(?: (?:of|on|for|in)? ?(?:system|machine|computer|host|server|this (?:system|machine|computer)))?',
}

/**
 * Sentences and their commands. `$1` is a thing as a word, `$1/` the same inside a sed expression in single quotes. The first
 * sentence that fits the whole request is taken.
 */
export const SENTENCES: readonly (readonly [sentence: string, command: string])[] = [
  // Files, one by one.
  ['{MAKE} (?:new )?(?:empty )?(?:blank )?file(?: named| called)? {X}(?: {IN} {D})?', 'touch $1'],
  ['{MAKE} (?:new )?(?:empty )?files? (?:named |called )?{X} and {X}', 'touch $1 $2'],
  ['{MAKE} (?:new )?directory(?: named| called)? {X}', 'mkdir $1'],
  ['{MAKE} (?:new )?directories(?: named| called)? {X}(?: ,)? and {X}', 'mkdir $1 $2'],
  [
    '{MAKE} (?:directory|path|nested directories|directory path|directories) {X} (?:and|with|including) (?:any |all )?(?:missing |necessary |required |needed )?(?:parent directories|parents)(?: as (?:needed|required))?',
    'mkdir -p $1',
  ],
  [
    '{MAKE} (?:directories and parents as needed to|intermediate directories as required and directory|directory and parents as needed to|parent directories as required and directory) {X}',
    'mkdir -p $1',
  ],
  [
    '{MAKE} (?:file(?: named| called)? )?{X} (?:with|containing) (?:text |content |string )?{X}(?: inside| in it)?',
    'echo $2 > $1',
  ],
  ['(?:append|add) (?:text |line |string )?(<q\\d+>) to (?:end of )?{F}', 'echo $1 >> $2'],
  ['(?:write|save|output) (?:text |line |string )?(<q\\d+>) (?:in|to|into) {F}', 'echo $1 > $2'],
  ['cop(?:y|ies) {F} (?:to|into|as) {D}', 'cp $1 $2'],
  ['{MAKE} copy of {F} (?:named|called|as|at|to) {X}', 'cp $1 $2'],
  [
    '(?:recursively cop(?:y|ies)|cop(?:y|ies) recursively|cop(?:y|ies) directory|recursively copy directory) {D}(?: recursively)? (?:to|into) {D}',
    'cp -r $1 $2',
  ],
  [
    'cop(?:y|ies) {F} (?:to|into) {D} (?:preserving|keeping|and preserve|with preserved) (?:attributes|permissions|mode , ownership and timestamps|all attributes)',
    'cp -p $1 $2',
  ],
  ['(?:move|rename)s? {F} (?:to|into|as|in) {D}', 'mv $1 $2'],
  ['{DEL} {F}', 'rm $1'],
  ['{DEL} file(?: named| called)? {X}', 'rm $1'],
  ['{DEL} {X} and {X}', 'rm $1 $2'],
  [
    '(?:recursively )?{DEL} directory {X}(?: (?:recursively|and (?:all )?(?:of )?its contents?|and everything (?:in it|inside)))?',
    'rm -r $1',
  ],
  ['recursively {DEL} {X}(?: directory)?', 'rm -r $1'],
  ['(?:recursively )?{DEL} {X} (?:recursively|directory recursively)', 'rm -r $1'],
  ['{DEL} empty directory {X}', 'rmdir $1'],
  ['(?:touch|update (?:timestamp|access and modification times?|modification time) of) {F}', 'touch $1'],
  ['{MAKE} symlink(?: named| called)? {X} (?:to|pointing to|that points to|linking to) {F}', 'ln -s $2 $1'],
  ['{MAKE} symlink (?:to|of|for|from) {F} (?:named|called|at|in|as|to) {X}', 'ln -s $1 $2'],
  ['{MAKE} hard link(?: named| called)? {X} to {F}', 'ln $2 $1'],
  ['{MAKE} hard link (?:to|of) {F} (?:named|called|at|as|in) {X}', 'ln $1 $2'],
  ['(?:gzip|compress) {F}', 'gzip $1'],
  [
    'gzip {F} (?:keeping|and keep|but keep|while keeping|without deleting|preserving) (?:original|original file|it)',
    'gzip -k $1',
  ],
  ['gunzip {F}', 'gunzip $1'],
  ['(?:tar|archive) {F} (?:to|into|as) {X}', 'tar -cf $2 $1'],
  ['{MAKE} (?:tar )?archive {X} (?:of|from|containing) {F}', 'tar -cf $1 $2'],
  [
    '{MAKE} (?:gzip(?:ped)?|compressed) (?:tar )?(?:archive|tarball)(?: named| called)? {X} (?:of|from|with|containing) {F}',
    'tar -czf $1 $2',
  ],
  ['(?:extract|unpack|untar|decompress) (?:tar )?(?:archive |tarball )?{X}', 'tar -xf $1'],
  [
    '(?:extract|unpack|untar|decompress|uncompress) (?:tar )?(?:archive |tarball )?{X}(?: and extract archive)? (?:to|into|in) {D}',
    'tar -xf $1 -C $2',
  ],
  ['{SHOW} (?:contents|files) {IN} (?:archive|tarball|tar file) {X}', 'tar -tf $1'],
  ['(?:un)?zip (?:archive )?{X} (?:to|into) {D}', 'unzip $1 -d $2'],

  // Modes and owners.
  ['(?:change|set|modify)s? (?:permissions?|mode|access rights) (?:of|for|on) {F} to {M}', 'chmod $2 $1'],
  [
    '(?:change|set|modify)s? (?:permissions?|mode|access rights) (?:of|for|on) {F} to read[ -]only(?: for everyone| for all)?',
    'chmod 444 $1',
  ],
  [
    '(?:recursively )?(?:change|set)s? (?:permissions?|mode) (?:of|for|on) {D} (?:recursively )?to {M} recursively',
    'chmod -R $2 $1',
  ],
  ['recursively (?:change|set)s? (?:permissions?|mode) (?:of|for|on) {D} to {M}', 'chmod -R $2 $1'],
  ['(?:make|set)s? {F} (?:to be )?executable(?: for everyone| for all| by all| by everyone)?', 'chmod +x $1'],
  ['(?:add|give|grant) execut(?:e|able|ion) permissions? (?:to|for) {F}', 'chmod +x $1'],
  ['(?:add|give|grant) {M} permissions? to {F}', 'chmod $1 $2'],
  ['(?:change|set)s? (?:owner(?:ship)?|user) (?:of|for) {F} to (?:user )?{W}', 'chown $2 $1'],
  [
    '(?:change|set)s? (?:owner(?:ship)?|user) (?:of|for) {F} to (?:user )?{W} and group(?: to)? {W}',
    'chown $2:$3 $1',
  ],
  ['(?:change|set)s? (?:owner|user) and group (?:of|for) {F} to {W}', 'chown $2:$2 $1'],
  ['(?:change|set)s? (?:owner|user) to {W} and group to {W} (?:of|for) {F}', 'chown $1:$2 $3'],
  ['recursively (?:change|set)s? (?:owner(?:ship)?|user) (?:of|for) {D} to (?:user )?{W}', 'chown -R $2 $1'],
  ['recursively (?:change|set)s? (?:owner|user) and group (?:of|for) {D} to {W}', 'chown -R $2:$2 $1'],
  ['(?:change|set)s? group(?: ownership)? (?:of|for) {F} to (?:group )?{W}', 'chgrp $2 $1'],
  ['recursively (?:change|set)s? group(?: ownership)? (?:of|for) {D} to (?:group )?{W}', 'chgrp -R $2 $1'],

  // What is in a file.
  ['{SHOW} (?:contents? of |contents of file |content of file ){X}', 'cat $1'],
  [
    '{SHOW} (?:all )?(?:lines|contents?) {IN} {F}(?: to (?:console|terminal|screen|standard output))?',
    'cat $1',
  ],
  ['{SHOW} {F} with line numbers', 'cat -n $1'],
  ['(?:number|add line numbers to) (?:all )?lines {IN} {F}', 'nl $1'],
  [
    '{SHOW} (?:contents? of )?{F} in reverse(?: order)?(?: of lines)?|(?:reverse|print) order of lines {IN} {F}',
    'tac $1',
  ],
  ['{SHOW} lines (?:{IN} )?{F} in reverse(?: order)?', 'tac $1'],
  ['(?:reverse|print reverse of) (?:each line|characters (?:of|in) each line|every line) {IN} {F}', 'rev $1'],
  ['{SHOW} (?:first|top) {N} lines {IN} {F}', 'head -n $1 $2'],
  ['{SHOW} (?:last|bottom|final) {N} lines {IN} {F}', 'tail -n $1 $2'],
  ['{SHOW} first line {IN} {F}', 'head -n 1 $1'],
  ['{SHOW} last line {IN} {F}', 'tail -n 1 $1'],
  ['{SHOW} (?:first|top) {N} (?:characters|bytes) {IN} {F}', 'head -c $1 $2'],
  ['{SHOW} (?:last) {N} (?:characters|bytes) {IN} {F}', 'tail -c $1 $2'],
  ['{SHOW} (?:line (?:number )?{N}|{N} line) {IN} {F}', 'sed -n $1p $2'],
  ['{SHOW} lines {N} (?:to|through|-) {N} {IN} {F}', "sed -n '$1,$2p' $3"],
  ['{SHOW} lines from {N} to {N} {IN} {F}', "sed -n '$1,$2p' $3"],
  [
    '(?:follow|watch|monitor|continuously (?:print|show|display)) (?:end of |changes (?:in|to) |output of )?{F}',
    'tail -f $1',
  ],
  [
    '{SHOW} (?:all )?lines (?:(?:from|in|of) {F} )(?:that |which )?(?:contain|containing|match|matching|contains|with)s? {A}',
    'grep $2 $1',
  ],
  [
    '{SHOW} (?:all )?lines (?:that |which )?(?:contain|containing|match|matching|contains|with)s? {A} {IN} {F}',
    'grep $1 $2',
  ],
  [
    "{SHOW} (?:all )?lines {IN} {F} (?:that |which )?(?:do not|don't|not|does not) (?:contain|containing|match|matching|have) {A}",
    'grep -v $2 $1',
  ],
  [
    "{SHOW} (?:all )?lines (?:that |which )?(?:do not|don't|not|does not) (?:contain|containing|match|matching) {A} {IN} {F}",
    'grep -v $1 $2',
  ],
  [
    '{SHOW} (?:all )?lines {IN} {F} (?:that |which )?(?:start|begin|starting|beginning)s? with {A}',
    "grep '^$2/' $1",
  ],
  ['{SHOW} (?:all )?lines {IN} {F} (?:that |which )?(?:end|ending)s? (?:with|in) {A}', "grep '$2/$' $1"],
  ['(?:search|grep|look)(?: for)? {A} in {F}', 'grep $1 $2'],
  ['(?:search|grep) {F} for (?:lines (?:containing|matching) )?{A}', 'grep $2 $1'],
  ['(?:case[ -]insensitive search for|search case[ -]insensitively for) {A} in {F}', 'grep -i $1 $2'],
  [
    '(?:search for|find|print lines containing|search) {A} in {F} (?:ignoring case|case[ -]insensitively|case[ -]insensitive)',
    'grep -i $1 $2',
  ],
  [
    '{COUNT} (?:number of )?lines (?:that )?(?:contain|containing|match|matching|with)s? {A} {IN} {F}',
    'grep -c $1 $2',
  ],
  [
    '{COUNT} (?:number of )?lines {IN} {F} (?:that )?(?:contain|containing|match|matching|with)s? {A}',
    'grep -c $2 $1',
  ],
  ['{COUNT} (?:number of )?(?:occurrences|occurences|times) of {A} {IN} {F}', 'grep -o $1 $2 | wc -l'],
  ['{SHOW} number of times {A} (?:appears|occurs|is found) in {F}', 'grep -o $1 $2 | wc -l'],
  ['(?:{COUNT}|{SHOW}) (?:number of |total number of )?lines {IN} {F}', 'wc -l $1'],
  ['(?:{COUNT}|{SHOW}) (?:number of |total number of )?words {IN} {F}', 'wc -w $1'],
  ['(?:{COUNT}|{SHOW}) (?:number of |total number of )?(?:characters) {IN} {F}', 'wc -m $1'],
  ['(?:{COUNT}|{SHOW}) (?:number of |total number of )?bytes {IN} {F}', 'wc -c $1'],
  ['{SHOW} (?:line|newline|lines?) ?, word ?,? and (?:byte|character) counts? (?:of|for|in) {F}', 'wc $1'],
  [
    '(?:{SHOW} lines {IN} {F} sorted|sort lines {IN} {F}|sort {F}|{SHOW} sorted (?:contents of |lines of |lines in )?{F})(?: alphabetically| in alphabetical order)?',
    'sort $1$2$3$4',
  ],
  [
    '(?:sort (?:lines {IN} )?{F}|{SHOW} lines {IN} {F} sorted) (?:in reverse(?: alphabetical)?(?: order)?|in descending order|reversed)',
    'sort -r $1$2',
  ],
  [
    '(?:sort (?:lines {IN} )?{F}|{SHOW} lines {IN} {F} sorted) (?:numerically|by number|in numeric(?:al)? order)',
    'sort -n $1$2',
  ],
  [
    'sort (?:lines {IN} )?{F} and remove duplicates?(?: lines)?|{SHOW} sorted unique lines {IN} {F}|sort (?:lines {IN} )?{F} uniquely',
    'sort -u $1$2$3',
  ],
  ['{SHOW} (?:unique|distinct) lines {IN} {F}', 'sort $1 | uniq'],
  ['{SHOW} (?:only )?(?:duplicate|repeated|duplicated) lines {IN} {F}', 'sort $1 | uniq -d'],
  [
    '{SHOW} lines {IN} {F} in random order|shuffle lines {IN} {F}|randomly shuffle lines {IN} {F}',
    'shuf $1$2$3',
  ],
  ['{SHOW} {N} random lines? {IN} {F}', 'shuf -n $1 $2'],
  ['{SHOW} random line {IN} {F}', 'shuf -n 1 $1'],
  [
    '{SHOW} (?:contents? of )?{F} with lines wrapped (?:to|at|after) {N} (?:characters|columns)|wrap lines {IN} {F} (?:to|at) {N} characters',
    'fold -w $2$4 $1$3',
  ],
  ['{SHOW} {N} (?:column|field) {IN} {F}', "awk '{print $$1}' $2"],
  ['{SHOW} (?:column|field) {N} {IN} {F}', "awk '{print $$1}' $2"],
  ['{SHOW} first (?:column|field|word)(?: of each line)? {IN} {F}', "awk '{print $$1=1}' $1"],
  ['{SHOW} last (?:column|field|word)(?: of each line)? {IN} {F}', "awk '{print $NF}' $1"],
  [
    '(?:replace|substitute|change)s? (?:all |every )?(?:occurrences? of |instances? of )?{A} (?:with|by|to) {A} in {F}(?: in ?place)?',
    "sed -i 's/$1//$2//g' $3",
  ],
  ['{SHOW} {F} (?:with|replacing) (?:all )?{A} (?:replaced (?:with|by)|with) {A}', "sed 's/$2//$3//g' $1"],
  ['{DEL} (?:all )?(?:empty|blank) lines (?:in|from) {F}', "sed -i '/^$/d' $1"],
  [
    '{DEL} (?:all )?lines (?:containing|matching|that contain|with) {A} (?:in|from) {F}',
    "sed -i '/$1//d' $2",
  ],
  ['{DEL} (?:line|line number) {N} (?:in|from|of) {F}', 'sed -i $1d $2'],
  [
    'convert {F} to (?:upper ?case|all caps|capital letters)|{SHOW} {F} in upper ?case',
    "tr '[:lower:]' '[:upper:]' < $1$2",
  ],
  ['convert {F} to lower ?case|{SHOW} {F} in lower ?case', "tr '[:upper:]' '[:lower:]' < $1$2"],
  ['(?:concatenate|combine|merge|join) {F} and {X}', 'cat $1 $2'],
  ['(?:concatenate|combine|merge|join) {F} and {X} (?:in|to|into) {F}', 'cat $1 $2 > $3'],
  [
    '(?:compare|diff|{SHOW} differences? between|{SHOW} diff of) {F} (?:and|with|to) {F}(?: line by line)?',
    'diff $1 $2',
  ],
  [
    'recursively (?:compare|diff) {D} (?:and|with) {D}|compare directories {D} and {D}(?: recursively)?',
    'diff -r $1$3 $2$4',
  ],
  [
    'split {F} (?:into|in) (?:files|pieces|parts|chunks) (?:of|with|per) (?:at most )?{N} lines(?: each)?',
    'split -l $2 $1',
  ],
  [
    '{SHOW} {F} (?:as|in) (?:hex|hexadecimal)(?: dump)?|hexdump {F}|{SHOW} hex ?dump of {F}',
    'hexdump -C $1$2$3',
  ],
  [
    '(?:{SHOW}|calculate|compute|generate)s? (md5|sha1|sha224|sha256|sha384|sha512) ?(?:sum|hash|digest|checksum)?s? (?:of|for) {F}',
    '$1sum $2',
  ],
  ['{SHOW} (?:file )?type (?:of|for) {F}|determine (?:file )?type of {F}', 'file $1$2'],
  ['{SHOW} (?:file )?size (?:of|for) {F} in bytes', 'stat -c %s $1'],
  ['{SHOW} (?:status|metadata|inode information|detailed information) (?:of|for|about) {F}', 'stat $1'],
  ['{SHOW} (?:permissions|access rights|mode) (?:of|for) {F} in octal', 'stat -c %a $1'],
  [
    '{SHOW} (?:(?:absolute|full|real|canonical|resolved) )+(?:path|pathname|filename) (?:of|to|for) {F}',
    'readlink -f $1',
  ],
  ['(?:resolve|follow) symlink {F}|{SHOW} target of symlink {F}', 'readlink $1$2'],
  [
    '(?:extract|{SHOW}|get) (?:file)?name (?:from|of) (?:this |path |this path |full path )*{X}',
    'basename $1',
  ],
  [
    '(?:extract|{SHOW}|get) (?:directory|directory name|parent directory|directory path) (?:from|of) (?:this |path |this path |full path )*{X}',
    'dirname $1',
  ],

  // Directories.
  [
    'list (?:all )?files(?: and directories)? {IN} (?:current directory |{D} ?)?(?:including|with|and) hidden(?: files| ones)?',
    'ls -a $1',
  ],
  ['list (?:all )?files {IN} {D} in (?:long|detailed)(?: listing)? format', 'ls -l $1'],
  [
    'list (?:all )?files {IN} {D}(?: and)? sort(?:ed)? (?:them )?by (?:modification )?(?:time|date)',
    'ls -lt $1',
  ],
  [
    'list (?:all )?files {IN} {D}(?: and)? sort(?:ed)? (?:them )?by size(?: in human-readable format)?',
    'ls -lhS $1',
  ],
  ['(?:list|show|display) (?:all )?subdirectories {IN} {D}', 'ls -d $1/*/'],
  [
    'change (?:current )?(?:directory|working directory) to {D}|(?:go|cd|switch|navigate) to (?:directory )?{X}',
    'cd $1$2',
  ],
  ['(?:go|change|cd|move) (?:up one (?:directory|level)|to parent directory|directory to parent)', 'cd ..'],
  [
    '{SHOW} (?:current|present) (?:working )?directory(?: path)?|{SHOW} working directory|{SHOW} path of current directory',
    'pwd',
  ],
  [
    '{SHOW} (?:total )?(?:disk usage|size|disk space) (?:of|used by|for) {D}(?: in human[ -]readable (?:format|form))?|how (?:big|large) is {D}',
    'du -sh $1$2',
  ],
  [
    '{SHOW} disk usage of (?:files or directories|each subdirectory|all files and directories|files and directories|each file and directory) {IN} {D}(?: in human[ -]readable (?:format|form))?',
    'du -h $1',
  ],
  ['{SHOW} (?:directory tree|tree|directory structure|tree structure) (?:of|for|from) {D}', 'tree $1'],

  // The machine.
  [
    '{SHOW} (?:system )?(?:disk usage|disk space|free disk space|available disk space|file ?system disk usage|file ?systems? disk space usage)(?: of (?:all )?(?:mounted )?file ?systems?)?{SYS} in human[ -]readable (?:format|form)',
    'df -h',
  ],
  [
    '{SHOW} (?:system )?(?:disk usage|disk space usage|file ?system disk space usage|file ?systems? disk usage|disk space)(?: of (?:all )?(?:mounted )?file ?systems?)?{SYS}',
    'df',
  ],
  ['{SHOW} (?:inode usage|number of inodes used|inodes?)(?: of (?:all )?file ?systems?)?{SYS}', 'df -i'],
  [
    '{SHOW} (?:memory usage|free memory|amount of free memory|memory|used and free memory|free and used memory|available memory){SYS}',
    'free',
  ],
  [
    '{SHOW} (?:memory usage|free memory|memory|available memory){SYS} in human[ -]readable (?:format|form)',
    'free -h',
  ],
  ['{SHOW} (?:memory usage|free memory|memory){SYS} in (?:megabytes|mb)', 'free -m'],
  [
    '{SHOW} (?:current )?(?:system )?swap (?:usage|space|devices)?{SYS}|{SHOW} current swap usage',
    'swapon --show',
  ],
  ['{SHOW} (?:system )?memory information', 'cat /proc/meminfo'],
  [
    '{SHOW} (?:cpu|processor) (?:information|info|details|architecture)?{SYS}|{SHOW} information about (?:cpu|processor)',
    'lscpu',
  ],
  ['{SHOW} (?:number of )(?:cpus?|cores|cpu cores|processors|processing units)(?: available)?{SYS}', 'nproc'],
  ['{SHOW} (?:all )?block devices{SYS}', 'lsblk'],
  ['{SHOW} (?:all )?pci devices{SYS}', 'lspci'],
  ['{SHOW} (?:all )?usb devices{SYS}', 'lsusb'],
  ['{SHOW} (?:all )?(?:loaded )?(?:kernel )?modules{SYS}', 'lsmod'],
  ['{SHOW} (?:all )?(?:mounted )?(?:file ?systems|mounts|mount points){SYS}', 'mount'],
  ['{SHOW} (?:linux )?kernel (?:version|release)(?: number)?{SYS}', 'uname -r'],
  ['{SHOW} (?:all )?system information', 'uname -a'],
  ['{SHOW} (?:(?:system|machine|hardware|cpu) )?(?:architecture|machine hardware name)', 'uname -m'],
  [
    '{SHOW} (?:operating system|os|distribution|linux distribution|distro) (?:version|release|information|name|info)?{SYS}',
    'cat /etc/os-release',
  ],
  ['{SHOW} (?:system )?(?:host ?name)(?: of (?:system|machine|computer))?', 'hostname'],
  ["{SHOW} (?:(?:system|local|machine|my|host) )?(?:'s )?(?:local )?ip addresse?s?{SYS}", 'hostname -I'],
  ['{SHOW} (?:system |current )?(?:uptime|how long system has been running){SYS}', 'uptime'],
  ['{SHOW} (?:system |current )?load averages?{SYS}', 'uptime'],
  ['{SHOW} (?:current )?date and time|{SHOW} (?:current|system) (?:date|time)|{SHOW} date', 'date'],
  ['{SHOW} (?:current )?(?:time|date)(?: and time)? in utc', 'date -u'],
  [
    '{SHOW} (?:current )?(?:unix )?(?:timestamp|epoch time|seconds since epoch|time in seconds since epoch|epoch)',
    'date +%s',
  ],
  ['{SHOW} (?:calendar|calendar for (?:this|current) month|calendar of current month)', 'cal'],
  ['{SHOW} calendar (?:for|of) (?:year )?{N}', 'cal $1'],
  [
    '{SHOW} (?:current )?(?:user|username|name of current user|user name|logged in user|effective user)(?: name)?',
    'whoami',
  ],
  ['{SHOW} (?:current )?(?:user id|uid|id of current user|numeric user id)(?: of current user)?', 'id -u'],
  ['{SHOW} (?:current )?(?:group id|gid)(?: of current user)?', 'id -g'],
  [
    "{SHOW} (?:current user's |current user |all )?groups(?: (?:of|for) current user| current user (?:is in|belongs to))?",
    'groups',
  ],
  ['{SHOW} (?:all )?groups (?:of|for|that) (?:user )?{W}(?: belongs to| is in)?', 'groups $1'],
  ['{SHOW} (?:user )?id(?: information)? (?:of|for) (?:user )?{W}', 'id $1'],
  ["{SHOW} (?:current user's |my )?home directory(?: path| location)?(?: of current user)?", 'echo ~'],
  [
    "{SHOW} (?:current user's |my )?(?:value of )?(?:\\$?path)(?: (?:variable|environment variable))?",
    'echo $PATH',
  ],
  [
    '{SHOW} (?:value of |contents of )?(?:environment |shell )?variable (<v\\d+>)|{SHOW} (?:value|content)s? of (<v\\d+>)|{SHOW} (<v\\d+>)',
    'echo $1$2$3',
  ],
  ['{SHOW} (?:all )?(?:current )?environment variables', 'env'],
  [
    '{SHOW} (?:all )?(?:users (?:currently )?logged (?:in|on)|logged[ -]in users|who is logged (?:in|on))(?: to system| and what they are doing)?|who is logged in',
    'who',
  ],
  [
    '{SHOW} (?:last|recent) (?:logins|logged in users)|{SHOW} (?:login history|list of last logged in users)',
    'last',
  ],
  [
    '{SHOW} (?:all )?(?:user accounts|users|local users|usernames)(?: accounts)?{SYS}',
    'cut -d: -f1 /etc/passwd',
  ],
  ['{SHOW} (?:all )?groups{SYS}', 'cut -d: -f1 /etc/group'],
  ['{SHOW} (?:all )?(?:available |valid |login )*shells(?: available)?{SYS}', 'cat /etc/shells'],
  ['{SHOW} (?:current )?(?:shell|name of current shell)(?: name)?', 'echo $0'],
  [
    "{SHOW} (?:pid|process id) of (?:current )?shell|{SHOW} current shell(?:'s)? (?:pid|process id)",
    'echo $$$$',
  ],
  ["{SHOW} (?:current )?(?:user's )?umask|{SHOW} current user's umask", 'umask'],
  ['{SHOW} (?:all )?(?:shell )?aliases', 'alias'],
  ['{SHOW} (?:command |shell |bash )?history(?: of commands)?', 'history'],
  ['{SHOW} (?:last|previous) {N} commands(?: from history)?', 'history $1'],
  ['{SHOW} (?:current )?locale(?: settings)?', 'locale'],
  ['{SHOW} (?:all )?(?:system )?(?:configuration variables|system configuration values)', 'getconf -a'],
  [
    '{SHOW} (?:all )?(?:current )?(?:user )?(?:resource )?(?:ulimits?|resource limits)|{SHOW} (?:all )?limits',
    'ulimit -a',
  ],
  ['{SHOW} (?:max(?:imum)? )?number of open file(?:s| descriptors)', 'ulimit -n'],
  ['{SHOW} (?:kernel (?:messages|ring buffer|log)|dmesg(?: output)?)', 'dmesg'],
  ['{SHOW} (?:cron jobs|crontab|scheduled (?:cron )?jobs)(?: (?:of|for) current user)?', 'crontab -l'],
  ['{SHOW} (?:contents of )?(?:hosts file)', 'cat /etc/hosts'],
  [
    '{SHOW} (<[fq]\\d+>|[a-z][\\w+-]*) version|{SHOW} version of (<[fq]\\d+>|[a-z][\\w+-]*)',
    '$1$2 --version',
  ],
  [
    '{SHOW} (?:path|location|full path) (?:of|to|for) (?:command |executable |program |binary )?{W}(?: command| executable| binary)?|where is (?:command |executable )?{W}(?: command| executable)',
    'which $1$2',
  ],

  // Processes.
  ['{SHOW} (?:all )?(?:running |currently running |current )?processes{SYS}', 'ps aux'],
  [
    '{SHOW} (?:all )?(?:running )?processes (?:in|as) tree(?: format| structure)?|{SHOW} process tree|{SHOW} tree of (?:running )?processes',
    'pstree',
  ],
  [
    '{SHOW} (?:all )?(?:running )?processes (?:of|owned by|for|belonging to|run by|by) (?:user )?{W}',
    'ps -u $1',
  ],
  [
    '{SHOW} (?:pid|process id|pids|process ids)s? (?:of|for) (?:all )?(?:process(?:es)? )?(?:named )?{W}(?: processe?s?)?',
    'pgrep $1',
  ],
  ['(?:kill|terminate|stop)s? (?:process )?(?:with )?(?:pid |process id |id )?{N}', 'kill $1'],
  [
    '(?:forcefully |force |forcibly )(?:kill|terminate)s? (?:process )?(?:with )?(?:pid |process id |id )?{N}',
    'kill -9 $1',
  ],
  ['(?:kill|terminate)s? (?:all )?(?:processes|process) (?:named|called) {X}', 'pkill $1'],
  [
    '(?:time|measure)(?: how long it takes to run| execution time of)?(?: the)?(?: command)? (<q\\d+>)',
    'time $1!',
  ],
  ['(?:sleep|wait|pause)(?: for)? {N} seconds', 'sleep $1'],

  // The network.
  ['ping {H}', 'ping $1'],
  ['ping {H} {N} times|(?:send|ping with) {N} pings? (?:requests )?to {H}', 'ping -c $2$3 $1$4'],
  [
    '(?:perform |do )?(?:dns )?(?:lookup|look up|query)(?: (?:of|for|dns))? {H}|perform dns lookup for {H}',
    'nslookup $1$2',
  ],
  ['{SHOW} (?:ip address|dns records?) (?:of|for) {H}', 'dig +short $1'],
  ['{SHOW} (?:reverse (?:dns )?lookup|reverse dns) (?:of|for) (?:address |adress )?{H}', 'dig -x $1'],
  ['{SHOW} (?:mx|mail) records? (?:of|for) {H}', 'dig $1 MX +short'],
  ['{SHOW} (?:kernel )?(?:ip )?routing table|{SHOW} (?:ip )?routes', 'route'],
  ['{SHOW} (?:network )?(?:interface|device) statistics', 'netstat -i'],
  ['{SHOW} network statistics', 'netstat -s'],
  ['{SHOW} (?:all )?network interfaces(?: and their (?:ip )?addresses)?{SYS}', 'ip addr'],
  ['{SHOW} arp (?:table|cache)', 'arp -a'],
  [
    '{SHOW} (?:all )?(?:open|listening) (?:tcp (?:and|or) udp )?(?:network )?(?:ports|sockets){SYS}',
    'ss -tuln',
  ],
  ["{SHOW} (?:system's |my )?(?:public|external) ip address", 'curl ifconfig.me'],
  [
    '{SHOW} (?:ip addresses of )?(?:system )?dns (?:servers|resolvers){SYS}|{SHOW} (?:ip addresses of )?(?:system )?dns servers',
    'grep nameserver /etc/resolv.conf',
  ],
  ['download (?:file |content |page )*(?:from )?{U}', 'wget $1'],
  [
    'download (?:file |content |page )*(?:from )?{U} (?:and (?:save|output|write) (?:it )?)?(?:to|as|into) {F}',
    'curl -o $2 $1',
  ],
  ['(?:fetch|get|{SHOW}) (?:contents? of |page |url |web ?page )?(<u\\d+>)', 'curl $1'],
  ['{SHOW} (?:http )?(?:response )?headers (?:of|from|for) {U}', 'curl -I $1'],
  ['(?:ssh|connect|log ?in) (?:in)?to (?:host |server )?{H}(?: (?:via|using|over|with) ssh)?', 'ssh $1'],
  [
    '(?:run|execute) (?:command )?(<q\\d+>) on (?:remote )?(?:host |server |machine )?{H}(?: (?:via|using|over) ssh)?',
    'ssh $2 $1',
  ],
  ['cop(?:y|ies) {F} (?:to|from) (?:remote )?(?:host )?(<h\\d+>)', 'scp $1 $2'],

  // Text that is given.
  ['{SHOW} (<q\\d+>)', 'echo $1'],
  ['{SHOW} hello world', "echo 'hello world'"],
  ['base64[ -]?encode {A}|encode {A} (?:as|in|to|with) base64', 'echo $1$2 | base64'],
  ['base64[ -]?decode {A}|decode base64(?: encoded)? {A}', 'echo $1$2 | base64 -d'],
  ['base64[ -]?encode file {X}', 'base64 $1'],
  [
    '(?:{SHOW}|calculate) (md5|sha1|sha256|sha512) ?(?:sum|hash|checksum)? of string {X}',
    'echo -n $2 | $1sum',
  ],
  ['reverse (?:string )?{A}', 'echo $1 | rev'],
  ['convert {A} to upper ?case', "echo $1 | tr '[:lower:]' '[:upper:]'"],
  ['convert {A} to lower ?case', "echo $1 | tr '[:upper:]' '[:lower:]'"],
  ['{SHOW} (?:all )?(?:numbers|integers) (?:from )?{N} (?:to|through) {N}', 'seq $1 $2'],
  ['{DEL} last {N} characters from {A}', 'echo $2 | rev | cut -c $1+- | rev'],

  // Packages, services, shell.
  ['install package {W}', 'sudo apt install $1'],
  ['(?:uninstall|remove) package {W}', 'sudo apt remove $1'],
  [
    '{SHOW} (?:apt )?information about (?:package )?{W}(?: package)|{SHOW} apt information about {W} package',
    'apt show $1$2',
  ],
  ['search (?:available )?packages (?:by word|for|matching) {W}', 'apt search $1'],
  ['{SHOW} (?:all )?installed (?:software )?packages{SYS}', 'apt list --installed'],
  ['(start|stop|restart|enable|disable) (?:service )?{W}(?: service)', 'sudo systemctl $1 $2'],
  ['{SHOW} status of (?:service )?{W}(?: service)?', 'systemctl status $1'],
  ['(?:enables?|turn on|set) shell option {X}', 'shopt -s $1'],
  ['(?:disables?|unsets?|turn off) shell option {X}', 'shopt -u $1'],
  ['(?:unset|remove)s? (?:shell |environment )?variable {X}', 'unset $1'],
  ['{MAKE} alias {X} for (?:command )?{X}|set alias {X} for command {X}', 'alias $1$3=$2$4'],
  ['{DEL} alias {X}', 'unalias $1'],
  ['{SHOW} (?:manual|man page|manual page|help page) (?:of|for) (?:command )?{W}(?: command)?', 'man $1'],
  ['clear (?:terminal|screen|terminal screen|console)', 'clear'],
  ['(?:execute|run|repeat) (<q\\d+>) every (<t\\d+>)', 'watch -n $2% $1!'],
  ['(?:execute|run) (<q\\d+>) in background', '$1! &'],
]
