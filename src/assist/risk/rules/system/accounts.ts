// Rules about accounts: removing them, locking them, giving them root's rights.
import { NO_OUTPUT } from '../../model.ts'
import { byTool, type FormRule, rather } from '../kit.ts'

export const ACCOUNT_RULES: readonly FormRule[] = [
  {
    id: 'account-remove',
    level: 'high',
    why: 'Removes an account, perhaps with all its files.',
    finds: `
      userdel|deluser|groupdel *
      dscl|sysadminctl -delete|-deleteUser
      dscl|sysadminctl … delete|deleteUser`,
    safer: byTool({ 'userdel|deluser': rather('usermod', '-L') }),
    example: 'sudo userdel -r bob',
  },
  {
    id: 'account-open',
    level: 'high',
    why: 'Gives an account no password or the rights of root.',
    finds: `
      passwd -d|--delete
      useradd|usermod -u|--uid=0
      useradd|usermod -p|--password=
      groupadd|groupmod -g|--gid=0
      groupmems ~mighty -a|--add
      useradd|usermod -G|--groups=<mighty>
      useradd|usermod|adduser|gpasswd ~mighty -G|--groups|-a|-aG
      useradd|usermod|adduser|gpasswd … sudo .`,
    named: { mighty: /\b(?:sudo|wheel|root|docker|lxd|disk|shadow)\b/ },
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
      usermod root . -s|--shell
      usermod -s|--shell=*/nologin|*/false
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
    finds: `
      sed|tee words<settings>? words<weak>
      _ words<settings>? input<weak>`,
    named: {
      settings: /sshd_config/,
      weak: /PermitRootLogin\s+yes|PasswordAuthentication\s+yes|PermitEmptyPasswords\s+yes|StrictModes\s+no/i,
    },
    example: "sed -i 's/PermitRootLogin no/PermitRootLogin yes/' /etc/ssh/sshd_config",
  },
  {
    id: 'sudoers-unattended',
    level: 'high',
    why: 'Lets a program, not a person in an editor, change who may become root.',
    finds: `
      visudo|sudoedit|vipw|vigr ~fed !-c|--check|-h|--help|-V|--version
      _ sets<program>`,
    named: {
      fed: (_arg, { input }) => input !== NO_OUTPUT,
      program:
        /^(?:(?:SUDO_)?EDITOR|VISUAL)=(?!(?:\S*\/)?(?:vi|vim|nvim|nano|emacs|ed|micro|code|kate|gedit|hx|joe|ne)\b(?! -c))/,
    },
    example: "EDITOR='tee -a' visudo <<< 'bob ALL=(ALL) NOPASSWD:ALL'",
  },
]
