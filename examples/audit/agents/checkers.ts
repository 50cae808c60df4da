import { defineAgent } from '../../../src/index.js';
import type { EngineFinding, InstallScript, LicenceFinding, PackageInput } from '../findings.js';
import type { Hazard } from '../hazard.js';
import { checkEngine } from '../rules/engine.js';
import { findInstallScripts } from '../rules/install-script.js';
import { checkLicence } from '../rules/licence.js';

// Three specialists with one question each. None of them remembers a package.

export const LicenceChecker = defineAgent({
  name: 'licence checker',
  init: (hazard: Hazard) => hazard,
  calls: {
    check({ state: hazard }, { manifest, licenceTexts }: PackageInput): LicenceFinding {
      hazard.pass();
      return checkLicence(manifest.licence, licenceTexts);
    },
  },
});

export const EngineChecker = defineAgent({
  name: 'engine checker',
  init: (node: string, hazard: Hazard) => ({ node, hazard }),
  calls: {
    check({ state }, { manifest }: PackageInput): EngineFinding {
      state.hazard.pass();
      return checkEngine(manifest.node, state.node);
    },
  },
});

export const ScriptChecker = defineAgent({
  name: 'script checker',
  init: (hazard: Hazard) => hazard,
  calls: {
    check({ state: hazard }, { manifest, compiles }: PackageInput): InstallScript[] {
      hazard.pass();
      return findInstallScripts(manifest, compiles);
    },
  },
});
