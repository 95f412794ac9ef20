// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/manifests/sitereader.h"

namespace Switchyard {

/// Reads rewrites, redirects, headers and the old routes of vercel.json, or of one of its services. The old routes come
/// into the model in the form of rewrites and redirects. What holds only under conditions (has, missing, methods) is
/// left out of the model, because without them it would hold for every request.
void readVercelRoutes(const ManifestNode &holder, SiteReader &reader, Service &service);

} // namespace Switchyard
