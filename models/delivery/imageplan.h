// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/delivery/deliverysides.h"

#include <QStringList>

#include <optional>

namespace Switchyard {

/// How a program's packages are installed, as its files tell.
enum class PackageTool
{
    None,
    Pip,      ///< requirements.txt
    Poetry,   ///< poetry.lock
    Uv,       ///< uv.lock
    Pipenv,   ///< Pipfile.lock
    Project,  ///< pyproject.toml or setup.py without a lock
    Npm,      ///< package-lock.json or npm-shrinkwrap.json
    NpmLoose, ///< package.json without a lock
    Yarn,
    YarnModern, ///< .yarnrc.yml, or packageManager yarn@2 and later
    Pnpm
};

/// What a Dockerfile has to do. Paths are relative to the build context; every text that goes into the file has been
/// held against what may stand there.
struct ImagePlan
{
    enum class Language
    {
        Python,
        Node
    };
    Language language = Language::Python;
    QString version; ///< of the language: "3.11", "20.11.1"
    QString versionFrom;
    PackageTool tool = PackageTool::None;
    QString toolVersion;         ///< of Poetry or uv, where a variable of the platform says it
    QString packageFolder;       ///< where the files below lie; "" is the context itself
    QStringList packageFiles;    ///< names in packageFolder, the first is what is installed from
    bool needsWholeTree = false; ///< the list refers to other files of the repository
    QString appFolder;           ///< where the program is started; "" is the context itself
    QStringList buildPackages;   ///< Debian's, for compiling
    QStringList runPackages;     ///< Debian's, at run time
    bool runsBuild = false;      ///< node: package.json has a build script
    QString command;
    int port = 0;
    QString platform; ///< id
    bool ignoresHealthcheck = false;
};

struct ImagePlanning
{
    std::optional<ImagePlan> plan;
    QStringList notes; ///< what a person has to look at; why there is no plan
};

/// Where an image is built and what it is built from. `context` and `appFolder` are relative to the workspace's folder.
struct ImagePlace
{
    QString context;
    QString appFolder;
    QString componentRoot;
};

/// Looks at the files of the component and at what the manifests say. Thread: any; blocks on the files.
ImagePlanning planImage(const DeliverySides &sides, const ImagePlace &place, const Service *started, int port);

QByteArray dockerfileText(const ImagePlan &plan, const QString &title);
/// What must not get into an image, after the lines of the .dockerignore that there is; empty where that keeps the
/// .env files out already.
QByteArray dockerIgnoreText(const QByteArray &before);

} // namespace Switchyard
