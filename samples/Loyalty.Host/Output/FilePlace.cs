using System.Runtime.InteropServices;

namespace Loyalty.Host.Output;

/// <summary>Where a path leads: its links resolved, and the file that stands there, if any.</summary>
/// <remarks>Two paths are one place when they lead to one file, by whatever links, names or letters they get there.</remarks>
internal sealed partial class FilePlace
{
    private const int MaxLinks = 40;
    private const int CurrentFolder = -100;
    private const uint BasicStats = 0x7FF;
    private const int TypeMask = 0xF000;
    private const int Pipe = 0x1000;
    private const int Socket = 0xC000;

    private readonly (ulong Device, ulong Node)? _file;

    private FilePlace(string path, (ulong Device, ulong Node)? file)
    {
        Path = path;
        _file = file;
    }

    /// <summary>The path without links.</summary>
    public string Path { get; }

    /// <summary>Where a path leads; it need not be there.</summary>
    public static FilePlace Of(string path)
    {
        var resolved = Resolve(path);
        return new FilePlace(resolved, Stat(resolved) is { } found ? (found.Device, found.Node) : null);
    }

    /// <summary>A path with the targets of its links in their place, as far as it is there.</summary>
    /// <exception cref="CommandException">The links lead in a circle.</exception>
    public static string Resolve(string path)
    {
        var full = System.IO.Path.GetFullPath(path);
        var resolved = System.IO.Path.GetPathRoot(full)!;
        var rest = new Stack<string>(full[resolved.Length..].Split(System.IO.Path.DirectorySeparatorChar).Reverse());
        for (var links = 0; rest.TryPop(out var name);)
        {
            if (name is "" or ".")
            {
                continue;
            }

            if (name is "..")
            {
                resolved = System.IO.Path.GetDirectoryName(resolved) ?? resolved;
                continue;
            }

            var next = System.IO.Path.Combine(resolved, name);
            if (new FileInfo(next).LinkTarget is not { } target)
            {
                resolved = next;
                continue;
            }

            if (++links > MaxLinks)
            {
                throw new CommandException($"the links of '{path}' lead in a circle; give the path of a file.");
            }

            if (System.IO.Path.IsPathRooted(target))
            {
                resolved = System.IO.Path.GetPathRoot(target)!;
                target = target[resolved.Length..];
            }

            foreach (var part in target.Split(System.IO.Path.DirectorySeparatorChar).Reverse())
            {
                rest.Push(part);
            }
        }

        return resolved;
    }

    /// <summary>Whether a path is a pipe or a socket, which gives its bytes once, or never.</summary>
    public static bool IsStream(string path) => Stat(path) is { Mode: var mode } && (mode & TypeMask) is Pipe or Socket;

    /// <summary>Whether both lead to one file, or will when it is made.</summary>
    public bool IsSameAs(FilePlace other) =>
        string.Equals(Path, other.Path, StringComparison.Ordinal)
        || (_file is { } mine && other._file is { } its && mine == its)
        || (string.Equals(Path, other.Path, StringComparison.OrdinalIgnoreCase) && IgnoresCase(System.IO.Path.GetDirectoryName(Path)));

    /// <summary>Whether the file system of a folder finds a file by its name in other letters, too.</summary>
    private static bool IgnoresCase(string? folder)
    {
        for (; folder is not null; folder = System.IO.Path.GetDirectoryName(folder))
        {
            var name = System.IO.Path.GetFileName(folder);
            var other = name.ToUpperInvariant() is var upper && upper != name ? upper : name.ToLowerInvariant();
            if (other != name && Directory.Exists(folder))
            {
                return Stat(System.IO.Path.Combine(System.IO.Path.GetDirectoryName(folder)!, other)) is { } found && Stat(folder) is { } itself
                    && (found.Device, found.Node) == (itself.Device, itself.Node);
            }
        }

        return !OperatingSystem.IsLinux();
    }

    /// <summary>Device, node and mode of a file; <see langword="null"/> where there is none, or where the system does not tell.</summary>
    private static unsafe (ulong Device, ulong Node, int Mode)? Stat(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        // The layout is the kernel's, the same on every processor: mode at 28, node at 32, device at 136 and 140.
        Span<byte> status = stackalloc byte[256];
        try
        {
            fixed (byte* pointer = status)
            {
                if (Statx(CurrentFolder, path, 0, BasicStats, pointer) != 0)
                {
                    return null;
                }
            }
        }
        catch (EntryPointNotFoundException)
        {
            return null;
        }

        return (
            ((ulong)MemoryMarshal.Read<uint>(status[136..]) << 32) | MemoryMarshal.Read<uint>(status[140..]),
            MemoryMarshal.Read<ulong>(status[32..]),
            MemoryMarshal.Read<ushort>(status[28..]));
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int Statx(int folder, string path, int flags, uint mask, byte* status);
}
