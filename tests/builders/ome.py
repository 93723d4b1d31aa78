"""OME-XML as microscopes write it, for tests of what is read of it."""


def ome(planes: str = "", **pixels: object) -> str:
    """OME-XML of one plane of 20 × 30 px: its attributes of Pixels, and elements Plane."""
    keys = " ".join(f'{name}="{value}"' for name, value in pixels.items())
    return (
        '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image ID="Image:0"><Pixels ID="Pixels:0" '
        f'DimensionOrder="XYZCT" Type="uint8" SizeX="30" SizeY="20" SizeZ="1" SizeC="1" SizeT="1" {keys}>'
        f"<TiffData/>{planes}</Pixels></Image></OME>"
    )
