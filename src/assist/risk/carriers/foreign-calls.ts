// What calls of other languages do, by their names: one table for the readers and rules that look for such calls in code.
import { table } from '../lookup.ts'

/**
 * A role on each line, or on several, and the patterns of calls in it, between blanks.
 *
 * - writes, places, opens: the file in the first argument, or in the second one, is written, replaced or removed; it is opened.
 * - tree, file, empties, lists: a tree or a file is deleted, a file is left empty, a directory is listed. home: the home directory, with the
 *   text behind its `~` as a group.
 * - runs, evaluates, decodes, downloads: a command is run, a text is run as code, decoded, or fetched.
 * - connects, hands: together they give control of a shell to another machine; hands is a shell that is started, or a command that comes
 *   from a variable or a call. network, shell: the same as whole calls, of which a name of a file, a package or a test has only words.
 * - changes: parts of names that say that something is changed or run. environment: all variables, and not one by its name.
 */
const CALLS = table(String.raw`
  writes: (?:File|IO)\.(?:bin)?write!? Bun\.write \bFiles\.write\w*\s*\(\s*Paths?\.\w+ WriteAll\w* writeFile\w* spurt open_out\w*
  writes: sysopen\s*\(?\s*\w+\s*, Tie::File["']\s*, with-output-to-file with-temp-file \w+-to-file\s+\S+ \bsink \bsave\s*\( destfile\s*=
  writes: \btell\s*\( extractall\s*\(?\s*(?:path\s*=)? \bset\s+(?:print|output|table) logging\s+file appendFile\w* createWriteStream
  writes: write_text write_bytes file_put_contents writefile spit FileWriter FileOutputStream PrintWriter \bCreate truncate\w* unlink\w*
  writes: rm(?:Sync)? remove chmod\w* chown\w* touch mkfifo writelines writeTextFile\w* OutFile out(?:put_)?file dumpfile savetxt write_file
  writes: \bVACUUM\s+INTO \bcopy\b[^;]*\bto (?<![.\w])write (?:open-|call-with-)output-file
  writes: (?:cat|write|save|dput|dump|sink)\b[^()]*\([^()]*\bfile\s*= \binto\s+(?:out|dump)file \.(?:output|once|save|backup|log|excel)
  writes: \\(?:o|w|out|copy\s+\S+\s+to)
  places: rename\w* copy\w* cp\w* mv move getstore urlretrieve mirror link\w* symlink\w* replace writefile writeLines write\.\w+ saveRDS json_dump
  opens: \bopen\w* fopen \bOpenFile \bFile\.new SplFileObject with-open-file\s*\(\s*\w+
  tree: Deno\.remove(?:Sync)? rmtree rmSync rmdirSync rm_rf rm_r remove_tree remove_entry\w* remove_dir_all RemoveAll rimraf dir_delete
  tree: removeSync emptyDirSync delete-directory removedirs deltree \brm \bunlink(?=\s{0,9}\(\s{0,9}["'][^"']*["']\s{0,9},\s{0,9}recursive)
  file: os\.(?:remove|unlink|rmdir) \bunlink(?:Sync)? File\.(?:delete|unlink) delete-file file\.remove file_delete
  empties: writeFile writeFileSync file_put_contents File\.write IO\.write createWriteStream writeLines
  empties: (?:(?:os|fs|File)\.|(?<![.\w]))truncate(?:Sync)?
  lists: walk rglob glob iterdir listdir scandir readdir(?:Sync)? Dir(?:\.\w+)? find scan_dir
  home: (?:pathlib\.)?Path\.home\(\) (?:os\.path\.|File\.)?(?:expanduser|expand_path)\(\s{0,9}["']~([^"']*)["']\s{0,9}\)
  home: (?:pathlib\.)?Path\(\s{0,9}["']~([^"']*)["']\s{0,9}\)\.expanduser\(\) (?:os\.)?environ(?:\.get)?[[(]["']HOME["'][\])]
  home: (?:os\.)?getenv\(\s{0,9}["']HOME["']\s{0,9}\) Sys\.getenv\(["']HOME["']\) (?:require\(["'](?:node:)?os["']\)|\bos)\.homedir\(\)
  home: \bhomedir\(\) process\.env(?:\.HOME|\[["']HOME["']\]) Dir\.home(?:\(\))? ENV(?:\.fetch)?[[(]["']HOME["'][\])] \$ENV\{["']?HOME["']?\}
  home: \$_(?:SERVER|ENV)\[["']HOME["']\]
  runs: system popen\w* os\.execute exec(?!ute\b)\w* spawn\w* run call check_output check_call passthru shell_exec proc_open open3 capture\w*
  runs: sh execa \$
  evaluates: exec eval instance_eval class_eval compile assert runInNewContext Function system popen
  decodes: b64decode b32decode unhexlify fromhex base64_decode gzinflate str_rot13 \batob\b decode64 unpack1?\b \bpack\s*\( fromCharCode
  decodes: zlib\. marshal\.loads Buffer\.from\([^)]*(?:base64|hex) \.decode\(\s*["'](?:hex|base64|rot13)
  downloads: urlopen urlretrieve requests["')]*\.(?:get|post) httpx\.get LWP::Simple HTTP::Tiny URI\.open open-uri Net::HTTP
  downloads: file_get_contents\(\s*["']https?: curl_exec https?["']?\)?\.get \bfetch\s*\( axios
  connects: socket fsockopen TCPServer TcpListener net\.Listen /inet/(?:tcp|udp) net\.Dial TcpStream TcpClient Net::
  connects: net["')]*\)?\.(?:connect|createServer|Socket) ["'](?:node:)?(?:net|tls|dgram)["'] createConnection open_connection start_server
  connects: gen_(?:tcp|udp) open-network-stream make-network-process (?:Deno|Bun)\.connect Sockets?\.(?:connect|tcp)
  hands: /bin/(?:ba|z|da)?sh dup2 pty\.spawn subprocess exec \|& fdopen popen proc_open child_process ProcessBuilder run\(\s*pipeline
  hands: os\.execute os[:.]cmd System\.(?:cmd|shell) Port\.open Process\.(?:start|new) Deno\.Command spawnSync \biex\b
  hands: (?:system|passthru|spawn|\x60)[\s("']{0,8}(?:/bin/)?(?:ba|z|da)?sh\b \bsystem\s{0,3}[(\s]\s{0,3}[$\w] \x60\s{0,3}(?:[$]\w|#\{) \bqq?x\W
  hands: sys\.process \.!! \bshell\([A-Z] shell-command start-process call-process make-process run-program
  network: \bsocket\s?(?:\(|\.(?:socket|create_connection|connect|tcp)\b) fsockopen\s?\( (?:TCP|UDP)Socket[.(] /inet/(?:tcp|udp)/
  network: net\.Dial\( TcpStream::connect TcpClient\( IO::Socket gen_tcp:connect require\(["'](?:node:)?(?:net|tls|dgram)["']\)
  network: create_?Connection\( open_connection\( stream_socket_client\( new\s(?:java\.net\.)?Socket\( (?:Deno|Bun)\.connect\(
  shell: exec\w{0,8} spawn\w{0,8} system popen\w{0,8} call run Popen Process ProcessBuilder Command create_subprocess_\w{0,8}
  changes: unlink remov delet rmtree rm_ ^rm renam replac trunc(?!$) writ copy ^cp move ^mv chmod chown mkdir symlink system popen
  changes: exec(?!utable) spawn fork eval kill ^call ^run invoke ^send syscall import_ save ^put$ drop clear purge destroy wipe insert update
  changes: attach vacuum into output backup once shell create append_ touch set_ setattr getattr globals builtins
  changes: (?<!\w)__(?!version|name|file|doc|main) append(?=file) method proc_ passthru compile install upload post patch put_
  environment: \bprocess\.env\b(?!\.\w|\[) \bos\.environ\b(?!\[|\.(?!items|values)) \bENV\.(?:to_|each|map|inspect) %ENV\b \$_ENV\b(?!\[)
  environment: \bgetenv\(\s*\) \bin\sENVIRON\b
`)

/** The source of a pattern of the calls in this role. */
export const callsThat = (role: string): string => `(?:${CALLS.of(role)?.join('|')})`
