//! The pictures that an app brings along: which are taken, and how long they are there.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use bugle::AppId;
use bugle_tests::{Scene, puppet};
use tempfile::TempDir;

const APP: &str = "com.example.two";

/// A PNG up to where its picture begins, which is as far as a host looks.
fn png(width: u32, height: u32) -> Vec<u8> {
    png_with(width, height, b"\0\0\0\0tEXt....")
}

/// With a chunk between its header and its picture.
fn png_with(width: u32, height: u32, chunk: &[u8]) -> Vec<u8> {
    let sides = [width.to_be_bytes(), height.to_be_bytes()].concat();
    let signature = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR";
    [&signature[..], &sides[..], b"\x08\x06\0\0\0....", chunk, b"\0\0\0\0IDAT"].concat()
}

/// With a segment of the application before its frame, which has tables after it.
fn jpeg(width: u16, height: u16) -> Vec<u8> {
    let sides = [height.to_be_bytes(), width.to_be_bytes()].concat();
    let before = b"\xff\xd8\xff\xe0\0\x04\xff\xc0\xff\xdb\0\x03\0\xff\xff\xc2\0\x0b\x08";
    [&before[..], &sides[..]].concat()
}

/// With so many pictures of a size on a screen of one pixel.
fn gif(width: u16, height: u16, pictures: usize) -> Vec<u8> {
    let sides = [width.to_le_bytes(), height.to_le_bytes()].concat();
    let (before, after) = (b"\x21\xf9\x01\0\0,\0\0\0\0", b"\x80......\x02\x01\x2c\0");
    let picture = [&before[..], &sides[..], &after[..]].concat();
    let screen = b"GIF89a\x01\0\x01\0\x80\0\0......";
    [&screen[..], &picture.repeat(pictures)[..], &b";"[..]].concat()
}

fn webp(chunk: [u8; 4], content: &[u8]) -> Vec<u8> {
    [&b"RIFF....WEBP"[..], &chunk[..], &b"...."[..], content].concat()
}

/// A host with another app, and the folder of the app to install.
fn scene() -> Result<(Scene, TempDir)> {
    let scene = Scene::builder().app(puppet("com.example.one")).on_disk().start()?;
    let folder = tempfile::tempdir()?;
    puppet(APP).write(folder.path())?;
    Ok((scene, folder))
}

fn picture(scene: &Scene, uri: &str) -> Result<Option<PathBuf>> {
    let app: AppId = APP.parse()?;
    let found = scene.host().picture(&app, uri);
    ensure!(bugle::picture(&scene.data(), &app, uri) == found, "{uri}: others find another");
    Ok(found)
}

/// The folders of the app's pictures.
fn folders(data: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(data.join("pictures").join(APP))?;
    Ok(entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?)
}

#[test]
fn pictures_of_an_app_are_there_as_long_as_it_is() -> Result<()> {
    let (mut scene, folder) = scene()?;
    let (inside, app) = (folder.path(), APP.parse::<AppId>()?);
    fs::create_dir(inside.join("faces"))?;
    fs::write(inside.join("faces/Ada.PNG"), png(64, 64))?;
    symlink(inside.join("faces/Ada.PNG"), inside.join("link.png"))?;
    scene.host().install(inside).wait()?;
    let ada = picture(&scene, "faces/Ada.PNG")?.context("it was there")?;
    assert_eq!(fs::read(&ada)?, png(64, 64));
    assert_eq!(fs::metadata(&ada)?.permissions().mode() & 0o777, 0o600);
    assert_eq!(picture(&scene, "./faces/./Ada.PNG")?.as_ref(), Some(&ada), "it is the same");
    for uri in ["link.png", "faces/../faces/Ada.PNG", "", ".png", "faces"] {
        assert_eq!(picture(&scene, uri)?, None, "{uri}");
    }
    // Another version has others.
    fs::remove_dir_all(inside.join("faces"))?;
    fs::write(inside.join("b.png"), png(1, 1))?;
    scene.host().install(inside).wait()?;
    assert!(!ada.exists());
    let b = picture(&scene, "b.png")?.context("it was there")?;
    scene.host().remove(&app).wait()?;
    assert_eq!((picture(&scene, "b.png")?, b.exists()), (None, false));
    // Or none.
    scene.host().install(inside).wait()?;
    assert!(picture(&scene, "b.png")?.is_some());
    fs::write(inside.join("b.png"), "no picture")?;
    scene.host().install(inside).wait()?;
    assert_eq!(picture(&scene, "b.png")?, None);
    assert!(folders(&scene.data()).is_err(), "nothing is left of them");
    scene.shut_down()
}

#[test]
fn a_start_erases_what_no_app_names_and_nothing_else() -> Result<()> {
    let (mut scene, folder) = scene()?;
    fs::write(folder.path().join("a.png"), png(1, 1))?;
    scene.host().install(folder.path()).wait()?;
    let a = picture(&scene, "a.png")?.context("it was there")?;
    scene.shut_down()?;
    // As a host leaves it that was killed before the store named what it had copied, or after.
    let pictures = scene.data().join("pictures");
    for name in ["com.example.gone/0", "com.example.one/0", "com.example.two/0", "no app"] {
        fs::create_dir_all(pictures.join(name))?;
        fs::write(pictures.join(name).join("a"), "a")?;
    }
    for name in [".DS_Store", "com.example.two/.DS_Store"] {
        fs::write(pictures.join(name), "a")?;
    }
    scene.start_again()?;
    assert_eq!(picture(&scene, "a.png")?, Some(a.clone()));
    assert_eq!(fs::read_dir(&pictures)?.count(), 1, "the app's alone");
    assert_eq!(folders(&scene.data())?, [a.parent().context("it is in a folder")?]);
    // A file that a loss of power took the content of.
    fs::write(&a, "")?;
    assert_eq!(picture(&scene, "a.png")?, None);
    scene.host().install(folder.path()).wait()?;
    assert!(picture(&scene, "a.png")?.is_some(), "it is brought back");
    Ok(())
}

#[test]
fn a_picture_is_of_the_kind_that_its_name_says_and_no_trouble_to_decode() -> Result<()> {
    let (scene, folder) = scene()?;
    let mut vp8 = *b"...\x9d\x01\x2a\x40\0\x40\0";
    let shown = [
        ("a.gif", gif(2_048, 1, 1)),
        ("a.jpeg", jpeg(64, 2_048)),
        ("a.JPG", jpeg(64, 64)),
        ("a.png", png(2_048, 2_048)),
        ("lossy.webp", webp(*b"VP8 ", &vp8)),
        ("lossless.webp", webp(*b"VP8L", b"\x2f\x3f\xc0\x0f\0")),
        ("canvas.webp", webp(*b"VP8X", b"\0\0\0\0\xff\x07\0\0\0\0")),
    ];
    vp8[7] = 0x08;
    vp8[6] = 0x01;
    let left_out = [
        ("wide.gif", gif(2_049, 1, 1)),
        ("moves.gif", gif(1, 1, 2)),
        ("none.gif", gif(1, 1, 0)),
        ("cut.gif", gif(1, 1, 1)[..40].to_vec()),
        ("high.jpeg", jpeg(64, 2_049)),
        ("flat.jpeg", jpeg(64, 0)),
        ("cut.jpeg", jpeg(64, 64)[..12].to_vec()),
        ("wide.png", png(16_384, 16_384)),
        ("flat.png", png(0, 1)),
        ("moves.png", png_with(1, 1, b"\0\0\0\x08acTL\0\0\0\x02\0\0\0\0....")),
        ("cut.png", png(1, 1)[..40].to_vec()),
        ("drawing.png", b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>".to_vec()),
        ("other.png", jpeg(64, 64)),
        ("empty.png", Vec::new()),
        ("large.png", [png(1, 1), vec![0; 1 << 20]].concat()),
        ("wide.webp", webp(*b"VP8 ", &vp8)),
        ("high.webp", webp(*b"VP8L", b"\x2f\x3f\0\0\x02")),
        ("moves.webp", webp(*b"VP8X", b"\x02\0\0\0\0\0\0\0\0\0")),
        ("wide-canvas.webp", webp(*b"VP8X", b"\0\0\0\0\0\x08\0\0\0\0")),
        ("page.svg", b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>".to_vec()),
    ];
    for (name, content) in shown.iter().chain(&left_out) {
        fs::write(folder.path().join(name), content)?;
    }
    scene.host().install(folder.path()).wait()?;
    for (name, content) in &shown {
        let path = picture(&scene, name)?.with_context(|| format!("{name} is not shown"))?;
        assert_eq!(fs::read(path)?, *content, "{name}");
    }
    for (name, _) in &left_out {
        assert_eq!(picture(&scene, name)?, None, "{name}");
    }
    Ok(())
}

#[test]
fn which_pictures_are_taken_is_not_left_to_the_disk() -> Result<()> {
    let (scene, folder) = scene()?;
    let faces = folder.path().join("0/faces");
    fs::create_dir_all(&faces)?;
    fs::write(faces.join("0.png"), png(1, 1))?;
    // Those that are too large take no place.
    for number in (0..70).rev() {
        let size = if number < 10 { 1 << 20 } else { 0 };
        let name = format!("{number:02}.png");
        fs::write(folder.path().join(name), [png(1, 1), vec![0; size]].concat())?;
    }
    scene.host().install(folder.path()).wait()?;
    for number in 0..70 {
        let is_there = picture(&scene, &format!("{number:02}.png"))?.is_some();
        assert_eq!(is_there, number >= 10, "{number}");
    }
    // Those 60 are before it, and three more leave it its place.
    for name in ["a.png", "b.png", "c.png"] {
        assert!(picture(&scene, "0/faces/0.png")?.is_some(), "before {name}");
        fs::write(folder.path().join(name), png(1, 1))?;
        scene.host().install(folder.path()).wait()?;
    }
    assert!(picture(&scene, "0/faces/0.png")?.is_some());
    fs::write(folder.path().join("d.png"), png(1, 1))?;
    scene.host().install(folder.path()).wait()?;
    assert!(picture(&scene, "d.png")?.is_some());
    assert_eq!(picture(&scene, "0/faces/0.png")?, None, "those above it come first");
    Ok(())
}

/// Versions tell themselves by the width of their picture.
#[test]
fn an_app_that_many_install_at_once_has_the_pictures_of_its_version() -> Result<()> {
    let (scene, folder) = scene()?;
    let version = |number: u32| -> Result<PathBuf> {
        let version = folder.path().join(number.to_string());
        puppet(APP).replace("1.0.0", &format!("{number}.0.0")).write(&version)?;
        fs::write(version.join("a.png"), png(number, 1))?;
        Ok(version)
    };
    let versions = [version(1)?, version(2)?, version(3)?];
    let app: AppId = APP.parse()?;
    scene.host().install(&versions[0]).wait()?;
    for round in 0..10 {
        let installing: Vec<_> =
            versions.iter().map(|version| scene.host().install(version)).collect();
        // In some rounds it is removed meanwhile, before, between or after.
        let removing = (round % 2 == 1).then(|| scene.host().remove(&app));
        for installed in installing {
            // It may have been removed before it was told.
            let _ = installed.wait();
        }
        let _ = removing.map(bugle::Pending::wait);
        let Ok(installed) = scene.reader().app(&app) else {
            assert_eq!(picture(&scene, "a.png")?, None);
            assert!(folders(&scene.data()).is_err(), "nothing is left of them");
            continue;
        };
        let path = picture(&scene, "a.png")?.context("it has a picture")?;
        let number: u32 = installed.version.trim_end_matches(".0.0").parse()?;
        assert_eq!(fs::read(path)?, png(number, 1), "of version {number}");
        assert_eq!(folders(&scene.data())?.len(), 1, "those of others are gone");
    }
    Ok(())
}
