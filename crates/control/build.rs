//! Has this crate built anew when the web page was. It builds no page itself: cargo must do without Node.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // The folder is there in every checkout. Where it is not (a stage of a container's build), naming it would have this
    // crate built anew each time.
    let page = "../../web/dist";
    if std::path::Path::new(page).is_dir() {
        println!("cargo:rerun-if-changed={page}");
    }
}
