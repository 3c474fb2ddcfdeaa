import type { CodeEntry } from '../problem.js'
import { addressCodes } from './config/addresses.js'
import { balancerCodes } from './config/balancers.js'
import { endpointCodes } from './config/endpoint.js'
import { fileCodes } from './config/file.js'
import { hostedCodes } from './config/hosted.js'
import { memberCodes } from './config/members.js'
import { restCodes } from './config/rest.js'

/** Q1: everything that can be said of a cluster file before any machine is contacted. */
export const configCodes: Record<string, CodeEntry> = {
  ...fileCodes,
  ...addressCodes,
  ...endpointCodes,
  ...memberCodes,
  ...balancerCodes,
  ...restCodes,
  ...hostedCodes,
}
