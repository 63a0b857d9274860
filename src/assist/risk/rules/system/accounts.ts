// Rules about accounts: removing them, locking them, giving them root's rights.
import { NO_OUTPUT } from '../../model.ts'
import type { FormRule } from '../forms.ts'
import { byTool, rather } from '../rewrite.ts'
import { only, type Rule, tools } from '../rule.ts'

export const ACCOUNT_RULES: readonly (Rule | FormRule)[] = [
  {
    id: 'account-remove',
    level: 'high',
    why: 'Removes an account, perhaps with all its files.',
    finds: `
      userdel|deluser|groupdel *
      dscl|sysadminctl -delete|-deleteUser
      dscl|sysadminctl … delete|deleteUser`,
    safer: byTool({ userdel: rather('usermod', '-L'), deluser: rather('usermod', '-L') }),
    example: 'sudo userdel -r bob',
  },
  {
    id: 'account-open',
    level: 'high',
    why: 'Gives an account no password or the rights of root.',
    tools: tools('passwd usermod useradd adduser gpasswd groupadd groupmod groupmems'),
    when: (c, o) => {
      const all = c.args.map((arg) => arg.text).join(' ')
      if (c.name === 'passwd') return only(o.flag('d', 'delete'))
      if (/^user/.test(c.name) && /(?:^| )(?:-[a-z]*u ?0|--uid[ =]0)\b/.test(all)) return true
      if (
        /^user/.test(c.name) &&
        c.args.some(({ text }, i) => text === '' && /^(?:-p|--password)$/.test(c.args[i - 1]?.text ?? ''))
      )
        return true
      if (c.name === 'groupmems')
        return only(o.flag('a', 'add') && /\b(?:sudo|wheel|root|docker|lxd|disk|shadow)\b/.test(all))
      if (c.name.startsWith('group')) return only(/(?:^| )(?:-g|--gid)[ =]?0\b/.test(all))
      return only(
        /\b(?:sudo|wheel|root|docker|lxd|disk|shadow)\b/.test(all) &&
          /-[a-zA-Z]*G|--groups|-a\b|\bsudo$/.test(all),
      )
    },
    safer: byTool({ passwd: rather('passwd') }),
    example: 'passwd -d root',
  },
  {
    id: 'account-lock',
    level: 'moderate',
    why: 'Changes who can log in, perhaps root or yourself.',
    finds: `
      passwd -l|-u|--lock|--unlock|-e|--expire
      usermod -L|-U|--lock|--unlock|-e|--expiredate
      usermod … */nologin|*/false
      usermod -s*/nologin|-s*/false
      usermod … root . -s|--shell
      usermod --shell=*/nologin|*/false
      pam-auth-update --force|--remove|--enable|--disable
      authconfig --update|--updateall|--kickstart
      authselect select|disable-feature|apply-changes|backup-restore
      chage -E|--expiredate
      chpasswd`,
    example: 'passwd -l root',
  },
  {
    id: 'login-weaken',
    level: 'moderate',
    why: 'Lets root log in from other machines, or anybody who guesses a password.',
    tools: tools('sed tee'),
    when: (c) =>
      only(
        c.args.some((arg) => /sshd_config/.test(arg.text)),
        [...c.args, { text: c.input.text ?? '', span: c.span, taint: 0 }].filter((arg) =>
          /PermitRootLogin\s+yes|PasswordAuthentication\s+yes|PermitEmptyPasswords\s+yes|StrictModes\s+no/i.test(
            arg.text,
          ),
        ),
      ),
    example: "sed -i 's/PermitRootLogin no/PermitRootLogin yes/' /etc/ssh/sshd_config",
  },
  {
    id: 'sudoers-unattended',
    level: 'high',
    why: 'Lets a program, not a person in an editor, change who may become root.',
    tools: tools('visudo sudoedit vipw vigr'),
    when: (c, o) => {
      if (c.input !== NO_OUTPUT && !o.flag('c', 'check', 'h', 'help', 'V', 'version')) return true
      return c.assignments
        .filter((set) => /^(?:SUDO_)?EDITOR$|^VISUAL$/.test(set.name))
        .map((set) => set.value)
        .filter(
          (value) =>
            !/^(?:\S*\/)?(?:vi|vim|nvim|nano|emacs|ed|micro|code|kate|gedit|hx|joe|ne)\b(?! -c)/.test(
              value.text,
            ),
        )
    },
    example: "EDITOR='tee -a' visudo <<< 'bob ALL=(ALL) NOPASSWD:ALL'",
  },
]
