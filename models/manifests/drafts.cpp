// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/manifests/drafts.h"

#include "models/manifests/manifestset.h"

#include <QElapsedTimer>

namespace Switchyard {

DraftReading readDrafts(const QList<ManifestDraft> &drafts, ConvertTarget target)
{
    QElapsedTimer clock;
    clock.start();
    DraftReading reading;
    QList<LintSubject> all;
    QList<LintSubject> converted;
    for (const ManifestDraft &draft : drafts) {
        Result<LintSubject> subject = readManifestText(draft.file, draft.text);
        if (!subject) {
            reading.problems.append(subject.error());
            reading.broken = reading.broken || draft.convert;
            continue;
        }
        subject->modes = draft.modes;
        subject->scripts = draft.scripts;
        if (draft.convert)
            converted.append(*subject);
        all.append(std::move(*subject));
    }
    reading.findings = lintManifests(all);
    if (!reading.broken && !converted.isEmpty()) {
        auto conversion = std::make_shared<Conversion>(convertManifests(converted, target));
        reading.places = TargetPlaces(conversion->written.files);
        for (const WrittenFile &file : conversion->written.files)
            reading.lossComments.insert(file.path, lossComments(file, conversion->loss));
        reading.conversion = std::move(conversion);
    }
    reading.milliseconds = double(clock.nsecsElapsed()) / 1e6;
    return reading;
}

} // namespace Switchyard
