// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/manifests/targetpane.h"

#include "ui/common/notice.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QSignalBlocker>
#include <QStackedWidget>
#include <QVBoxLayout>

namespace Switchyard {

TargetPane::TargetPane(QWidget *parent)
    : QWidget(parent)
    , m_heading(new QLabel(this))
    , m_files(new QComboBox(this))
    , m_stack(new QStackedWidget(this))
    , m_editor(new CodeEditor(QStringLiteral("targetEditor"), QStringLiteral("Target text, to read"), m_stack))
    , m_notice(new NoticePane(m_stack))
    , m_notes(new QLabel(this))
{
    m_heading->setObjectName(QStringLiteral("targetHeading"));
    m_files->setObjectName(QStringLiteral("targetFiles"));
    m_files->setAccessibleName(QStringLiteral("File of the target"));
    m_files->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_files->setMinimumContentsLength(12);
    m_notice->setObjectName(QStringLiteral("targetNotice"));
    m_editor->setReadOnly(true);
    // Comments say in sentences what was lost.
    m_editor->setWrapped(true);
    m_stack->addWidget(m_editor);
    m_stack->addWidget(m_notice);
    m_notes->setObjectName(QStringLiteral("targetNotes"));
    m_notes->setTextFormat(Qt::PlainText);
    m_notes->setWordWrap(true);
    m_notes->setTextInteractionFlags(Qt::TextSelectableByMouse);
    auto *head = new QHBoxLayout;
    head->addWidget(m_heading);
    head->addWidget(m_files, 1);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(6);
    layout->addLayout(head);
    layout->addWidget(m_stack, 1);
    layout->addWidget(m_notes);
    connect(m_files, &QComboBox::currentIndexChanged, this, &TargetPane::showFile);
    connect(m_notice, &NoticePane::buttonPressed, this, &TargetPane::otherTargetWanted);
}

void TargetPane::show(const std::shared_ptr<const PreparedReading> &reading, bool stale, const QString &why)
{
    m_reading = reading;
    m_heading->setText(stale ? QStringLiteral("<b>Target</b>  ·  ◐ stale") : QStringLiteral("<b>Target</b>"));
    const Conversion *conversion = reading ? reading->reading.conversion.get() : nullptr;
    const QSignalBlocker quiet(m_files);
    const QString before = m_files->currentText();
    m_files->clear();
    if (conversion) {
        for (const WrittenFile &file : conversion->written.files)
            m_files->addItem(file.path);
    }
    m_files->setCurrentIndex(std::max(m_files->findText(before), m_files->count() > 0 ? 0 : -1));
    m_files->setVisible(m_files->count() > 0);
    m_notes->setText(conversion ? conversion->notes.join(QLatin1Char('\n')) : QString());
    m_notes->setVisible(!m_notes->text().isEmpty());
    if (m_files->count() == 0) {
        const QString sentence = conversion ? QStringLiteral("Nothing of the source has a place on this target.") : why;
        m_notice->show(QStringLiteral("manifests"), sentence, {},
                       conversion ? QStringLiteral("Choose another target") : QString());
        m_stack->setCurrentWidget(m_notice);
        return;
    }
    m_stack->setCurrentWidget(m_editor);
    showFile();
}

void TargetPane::showFile()
{
    if (!m_reading || !m_reading->reading.conversion)
        return;
    const QString path = m_files->currentText();
    for (const WrittenFile &file : m_reading->reading.conversion->written.files) {
        if (file.path != path)
            continue;
        m_editor->setContents(file.text, codeLanguageOf(path));
        m_editor->setMarks(m_reading->targetMarks.value(path));
    }
}

bool TargetPane::showTarget(const QString &target)
{
    const Place place = m_reading ? m_reading->reading.places.find(target) : Place{};
    if (const int index = m_files->findText(place.file); !place.file.isEmpty() && index >= 0) {
        m_files->setCurrentIndex(index);
        m_editor->goTo(place.line, std::max(1, place.column));
        return place.line > 0;
    }
    m_editor->goTo(0);
    return false;
}

} // namespace Switchyard
