import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { packageVersion } from '../../../src/telemetry/package-version.ts'
import { startGuardbee } from '../../support/guardbee-process.ts'
import type { GuardbeeProcess, GuardbeeSettings } from '../../support/guardbee-process.ts'
import { makeTemporaryFolder } from '../../support/temporary-folder.ts'
import { loopback } from './started-broker.ts'
import type { StartedBroker } from './started-broker.ts'

const EVERYONE_MAY_DO_EVERYTHING = `<?xml version="1.0" encoding="UTF-8" ?>
<enterprise-security-extension version="1">
  <pipelines>
    <listener-pipeline listener="ALL">
      <allow-all-authentication-manager/>
      <allow-all-authorization-manager/>
    </listener-pipeline>
  </pipelines>
</enterprise-security-extension>
`

/** A guardbee that lets everybody in, with its process. */
export interface OpenGuardbee extends StartedBroker {
  readonly guardbee: GuardbeeProcess
}

/** Starts guardbee from source, with two workers and a security file that lets everybody in. */
export async function startOpenGuardbee(settings: GuardbeeSettings = {}): Promise<OpenGuardbee> {
  const folder = await makeTemporaryFolder()
  const file = path.join(folder.path, 'security.xml')
  await writeFile(file, EVERYONE_MAY_DO_EVERYTHING)
  const guardbee = await startGuardbee({ GUARDBEE_SECURITY_FILE: file, ...settings }).catch(async (error: unknown) => {
    await folder.remove()
    throw error
  })
  return {
    name: 'guardbee',
    release: packageVersion(),
    versions: [5, 4, 3],
    target: loopback(guardbee.mqttPort, guardbee.listenerUrl('ws').href),
    pid: guardbee.program.pid,
    guardbee,
    stop: async () => {
      await guardbee.destroy()
      await folder.remove()
    },
  }
}
