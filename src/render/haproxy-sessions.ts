import type { Timing } from '../model/timing.js'
import { haproxyBackend, haproxyChecks } from './haproxy.js'

/** How often it looks. */
const lookMs = 250

/**
 * Ends the sessions of a server that is down. haproxy's own `on-marked-down shutdown-sessions` does so in the same moment, which on a busy
 * computer makes things worse: a server whose answer came too late loses every session, and their return slows the next. So only one that
 * cannot even be connected to loses them at once; one that is slow, frozen or without etcd keeps them for a while, and new connections go
 * elsewhere meanwhile. A connection that was just being made is left alone until its own limit has passed: then it goes on to another server, and is
 * none of this one any more. Runs within haproxy (its Lua API: Server.get_stats, Server.shut_sess; columns are those of "show stat").
 */
export const renderHaproxySessions = ({
  backendCheck: { cutMs },
  connectMs,
}: Timing): string => `-- Written by quorate; changes here are overwritten.
-- Ends the sessions of a server that cannot be connected to, or that has been down for a while.
core.register_task(function()
  local looks = {}   -- at how many looks in a row each server was down
  while true do
    core.msleep(${lookMs})
    local checks = core.proxies['${haproxyChecks}'].servers
    for name, server in pairs(core.proxies['${haproxyBackend}'].servers) do
      local check = checks[name]   -- a twin has none
      local found = check and server:get_stats()
      looks[name] = found and found.status:find('^DOWN') and (looks[name] or 0) + 1 or 0
      if looks[name] > ${Math.ceil(connectMs / lookMs)} and (tonumber(found.scur) or 0) > 0 then
        local how = check:get_stats().check_status or ''
        if how:find('^L4') or (tonumber(found.lastchg) or 0) >= ${Math.ceil(cutMs / 1000)} then server:shut_sess() end
      end
    end
  end
end)
`
