// Rules about the running system: power, processes, services, firewall, kernel, scheduler, packages.
import { PROCESS } from '../../carriers/output.ts'
import type { Options } from '../../line/options.ts'
import { type Args, matching, type SimpleCommand, textsOf } from '../../model.ts'
import { byTool, only, type Rules, say, tools } from '../kit.ts'
import { PROTECTORS, TOLD } from './defence.ts'

/** Programs that serve others, as they are named in a search for processes. */
const SERVICE = new RegExp(
  `^\\^?(?:${PROTECTORS}|nginx|apache2?|httpd|caddy|haproxy|traefik|postgres(?:ql)?|postmaster|mysqld?|mariadbd?|mongod|redis(?:-server)?|memcached|rabbitmq|kafka|dockerd?|containerd|kubelet|crond?|r?syslogd?|named|dnsmasq|slapd|smbd|nfsd|cupsd|php-fpm|gunicorn|uwsgi|clamd|freshclam|sentinel\\S*|filebeat|cbdaemon|apparmor\\S*)\\$?$`,
)

/** The names behind a signal such as `-STOP`, whose letters are no options with values. */
const namesOf = (c: SimpleCommand, o: Options): Args =>
  /^-[A-Z]{3,}\d?$/.test(c.args[0]?.text ?? '')
    ? c.args.slice(1).filter(({ text }) => text[0] !== '-')
    : o.operands

export const SYSTEM_RULES: Rules = [
  {
    id: 'power-off',
    level: 'high',
    why: 'Stops or restarts the machine, and with it everybody’s work.',
    finds: `
      shutdown|reboot|halt|poweroff !-c|--help|--version|--show
      init|telinit|runit-init 0|1|5|6|s|S
      openrc-shutdown -p|-r|-H|-s|--poweroff|--reboot|--halt|--single
      s6-svscanctl -t|-q|-b|-i
      systemctl|loginctl|initctl|dinitctl reboot|poweroff|halt|kexec|emergency|rescue|soft-reboot
      dinitctl shutdown
      systemctl start poweroff.target|reboot.target|halt.target|emergency.target
      herd stop root|shepherd
      systemctl isolate *rescue*|*emergency*|*reboot*|*poweroff*
      ipmitool … power off|cycle|reset|soft
      kexec -e|--exec
      ansible -m|--module-name … reboot|ansible.builtin.reboot
      dbus-send|busctl|gdbus ~manager`,
    named: { manager: /\bManager[. ](?:PowerOff|Reboot|Halt|KExec)\b/ },
    example: 'shutdown -h now',
  },
  {
    id: 'kill-everything',
    level: 'critical',
    why: 'Kills every process that it may, or one that all others depend on.',
    tools: tools('kill pkill killall killall5'),
    when: (c, o) => {
      if (c.name === 'killall5') return true
      if (c.name === 'kill') {
        const words = textsOf(c.args)
        if (words.some((word) => word === '-l' || word === '-L')) return undefined
        const targets = words.slice(/^-/.test(words[0] ?? '') && words.length > 1 ? 1 : 0)
        const signal = /^-[sn]$/.test(words[0] ?? '') ? words[1] : /^-(.+)/.exec(words[0] ?? '')?.[1]
        const isTold = TOLD.test(signal ?? '')
        return only(targets.some((word) => word === '-1' || word === '--1' || (word === '1' && !isTold)))
      }
      return matching(
        namesOf(c, o),
        /^(?:systemd|init|systemd-logind|dbus-daemon|Xorg|Xwayland|gnome-shell|kwin.*|plasmashell|sshd|\.|\.\*|)$/,
      )
    },
    example: 'kill -9 -1',
  },
  {
    id: 'kill-user',
    level: 'high',
    why: 'Ends every process of a user, the login included.',
    finds: `
      skill -u
      loginctl terminate-*|kill-*
      pkill|killall . -u|-U|--euid|--user|--uid`,
    safer: byTool({
      pkill: (_c, o) => say('pgrep', '-l', '-u', o.value('u', 'U')),
      killall: (_c, o) => say('pgrep', '-l', '-u', o.value('u')),
    }),
    example: 'pkill -u bob',
  },
  {
    id: 'kill-by-name',
    level: 'moderate',
    why: 'Ends every process of that name, also those of others and those that keep work unsaved.',
    tools: tools('pkill killall kill'),
    when: (c, o) =>
      c.name === 'kill'
        ? c.args.filter(
            (arg) =>
              arg.text.startsWith(PROCESS) &&
              (c.privileged ||
                SERVICE.test(arg.text.slice(PROCESS.length)) ||
                /^-(?:9|KILL|SIGKILL)$/.test(c.args[0]?.text ?? '')),
          )
        : namesOf(c, o).filter(
            (arg) =>
              !o.flag('l', 'list', 'h', 'help', 'V', '0') &&
              (c.privileged ||
                SERVICE.test(arg.text) ||
                o.flag('9', 'KILL', 'SIGKILL') !== undefined ||
                /^(?:KILL|SIGKILL|9)$/.test(o.value('s', 'signal')?.text ?? '')),
          ),
    safer: byTool({
      pkill: (_c, o) => say('pgrep', '-a', ...o.operands),
      killall: (_c, o) => say('pgrep', '-a', ...o.operands),
    }),
    example: 'pkill nginx',
  },
  {
    id: 'boot-change',
    level: 'high',
    why: 'Changes how the machine starts.',
    finds: `
      grub-install|grub2-install *
      efibootmgr -B|-b|-o|-c|-O|--delete-bootnum|--create|--bootorder
      bootctl remove|install
      flashrom -w|-E|--write|--erase`,
    example: 'grub-install /dev/sda',
  },
]
