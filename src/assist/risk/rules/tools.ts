// Rules about many tools that have one dangerous verb each.
import type { FormRule } from './forms.ts'

export const TOOL_RULES: readonly FormRule[] = [
  {
    id: 'tool-destroys',
    level: 'high',
    why: 'Destroys what this tool keeps, or work that it has not kept yet, for good.',
    finds: `
      !?
      dokku … *:destroy
      helmfile … destroy|delete
      ceph … osd purge|destroy|lost
      ceph … fs rm
      rbd rm|remove
      rbd snap purge
      rbd pool init
      lxc-destroy
      homectl remove
      quickemu --delete-vm|--delete-disk
      pg_recvlogical --drop-slot
      neo4j-admin … database load|delete|unbind --overwrite-destination=true
      neo4j-admin --force
      influxd … restore --full
      borg delete|recreate|repo-delete|compact|undelete|break-lock
      borg key change*
      hub delete
      restic forget !--keep-*
      restic forget --prune|--unsafe-allow-remove-all
      restic prune
      restic unlock --remove-all
      restic cache --cleanup
      gitlab-rake … *backup:restore|*:drop*|*:reset*|*:purge*
      deck sync|reset
      deck gateway sync|reset
      kopia snapshot|repository|policy delete|expire
      kafka-acls|kafka-acls.sh --remove
      nats stream|kv|object|consumer rm|purge|del
      skopeo|crane|gcrane delete
      virsh pool-destroy|pool-undefine|net-undefine|snapshot-delete
      juju destroy-*|kill-*|remove-application|remove-unit|remove-machine
      maas … machine|machines delete|release
      cf delete|delete-*
      sentry … cleanup
      redis-cluster … reset
      kaggle d|datasets|m|models delete
      zookeepercli -c … delete|deleter
      zkCli.sh … deleteall|rmr
      kafka-consumer-groups|kafka-consumer-groups.sh --delete|--reset-offsets
      splunk clean|remove|offline|resync
      railway down|delete
      kafka-configs|kafka-configs.sh --delete-config
      nodetool decommission|removenode|assassinate|clearsnapshot
      elasticsearch-node … unsafe-bootstrap|detach-cluster|repurpose
      tarsnap --nuke|-d
      barman|attic delete
      wal-g|wal-e delete --confirm
      wal-g delete … FORCE
      pgbackrest … stanza-delete
      timeshift --delete-all*
      bup rm|gc --unsafe
      crm configure erase
      kadmin|kadmin.local … *delprinc*|*delete_principal*|*delpol*|*purgekeys*
      vgreduce --force|-f
      postsuper -d … ALL
      postsuper -dALL*
      ldapdelete -r
      gpg|gpg2 --delete-secret-keys|--delete-secret-and-public-keys
      swift delete -a|--all
      hg|cvs update|up -C|--clean
      hg purge
      svn revert -R|--recursive
      p4|bzr|fossil revert
      fossil purge|shun
      pvesm free`,
    example: 'dokku apps:destroy app',
  },
  {
    id: 'device-reset',
    level: 'high',
    why: 'Erases a device, its keys or its firmware.',
    finds: `
      !?
      ykman … fido|oath|openpgp|piv|config reset
      gpg-card … factory-reset
      talosctl … reset
      steamos-factory-reset
      st-flash … erase
      fastboot erase|format|flash
      fastboot oem unlock
      fastboot flashing lock|unlock
      fastboot -w
      heimdall flash
      systemd-cryptenroll --wipe-slot
      systemd-firstboot --reset
      tpm2_clear
      tpm2 clear
      sedutil|sedutil-cli --revert*|--PSIDrevert*|--yesIreallywantto*
      mokutil --reset|--delete|--disable-validation
      storcli <erases>
      megacli -CfgClr*|-CfgLdDel*|-AdpFacDefSet*
      avrdude -e
      avrdude -U … flash:w*|lfuse:w*|hfuse:w*|efuse:w*
      esptool|esptool.py … erase_flash
      dfu_util -D`,
    named: { erases: /^(?:delete|clear|erase)$/i },
    example: 'ykman piv reset',
  },
  {
    id: 'tool-discards',
    level: 'moderate',
    given: 'high',
    why: 'Discards work, backups or settings that this tool keeps, or stops what it runs.',
    finds: `
      !?
      hg strip|histedit
      hg revert -a|--all
      svn delete|rm *://*
      svn cleanup --remove-unversioned
      jj abandon|restore
      jj op restore
      restic rewrite --forget
      restore -r|-x
      restore {takes}
      dvc destroy|gc
      gh release|secret|variable|cache|cs|codespace|run|issue|gist delete|remove
      gh run cancel
      adb reboot|uninstall
      virsh destroy|reset|shutdown|reboot|snapshot-revert
      qm|pct|xl stop|shutdown|reset|reboot|destroy
      lxc-stop
      cgdelete -r|--recursive
      ipcrm -a|--all
      ipcrm $
      qemu-img snapshot -a
      qemu-img resize --shrink
      snap remove --purge
      flatpak uninstall|remove --all|--delete-data
      VBoxManage controlvm * poweroff|reset
      nix-collect-garbage -d|--delete-old
      grub-reboot *
      aa-remove-unknown .
      faillock --reset
      trash-empty
      update-initramfs -d
      conda|mamba|micromamba env remove
      conda|mamba|micromamba remove --all
      pm2 delete|kill|stop all
      tmux kill-server
      pm2 delete|kill|stop .
      supervisorctl stop|shutdown all
      supervisorctl stop|shutdown .
      docker network|secret|config|context|plugin|manifest|buildx rm|remove
      docker trust revoke
      kubectl config delete-cluster|delete-context|delete-user
      npm owner|team|org|dist-tag rm
      npm profile disable-2fa
      npm|pnpm|yarn run <reset>
      pnpm|yarn <reset>
      tar --delete
      nginx -s … quit|stop
      haproxy -sf|-st
      apachectl … stop
      caddy stop
      nsupdate
      ssh-add -d|-D|-x|-X
      blockdev --setro|--setrw|--setra|--flushbufs|--rereadpt|--setbsz
      partprobe *
      cryptsetup luksRemoveKey|luksKillSlot|luksAddKey|luksChangeKey|resize|close
      setfacl --restore|-b|-k
      setfacl -R <world>
      pgbackrest … expire
      lpadmin -x
      cancel -a
      postsuper -d*|-h*|-H*
      exim|exim4 -Mrm|-Mg|-Mc
      smbpasswd -x|-d
      pdbedit -x
      ldapdelete
      mosquitto_passwd -D
      nomad system gc
      buildah rmi|rm|prune -a|--all
      aptly db cleanup
      cloud-init clean
      machinectl poweroff|terminate|remove|kill|clean|reboot
      systemctl isolate
      wg-quick down
      tailscale logout|down
      quotaoff
      setquota
      snapraid --force-*
      unison -force
      lastlog -C|-S|--clear|--set
      fail2ban-client … unban|unbanip|stop|addignoreip
      osqueryctl|wazuh-control|ossec-control stop`,
    named: {
      reset: /(?:db|data|migrat|prisma)\S{0,80}:(?:reset|drop|wipe|fresh|purge|destroy|nuke)\b/,
      takes: /^[a-zA-Z]*[rx]/,
      world: /\bo(?:ther)?::?[r-]?w/,
    },
    example: 'hg strip .',
  },
]
