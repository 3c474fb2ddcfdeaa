import { fieldTable } from '../../config/fields.js'
import { codes } from '../../model/codes.js'
import { commands, sections } from '../table.js'
import { codesPage } from './codes-page.js'
import { commandsPage } from './commands-page.js'
import { eventsPage } from './events-page.js'
import { fieldsPage } from './fields-page.js'

/** Every generated page of docs/reference by its file name. */
export const referencePages = async (): Promise<Record<string, string>> => ({
  'commands.md': commandsPage(commands, sections),
  'codes.md': codesPage(codes),
  'events.md': eventsPage(),
  'fields.md': fieldsPage(fieldTable()),
})
